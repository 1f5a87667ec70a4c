using System.Runtime.CompilerServices;
using OrleansOneShot.Client.Datasets.Reports;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client.Datasets;

/// <summary>A dataset run on a server. Tests may derive from it: every method can be overridden.</summary>
public class DatasetRunHandle
{
    private readonly IOneShotTransport? _transport;

    /// <summary>For tests that derive from this class.</summary>
    /// <param name="id">The run's id.</param>
    protected DatasetRunHandle(string id) => Id = id;

    internal DatasetRunHandle(string id, IOneShotTransport transport)
        : this(id) => _transport = transport;

    /// <summary>The run's id.</summary>
    public string Id { get; }

    private IOneShotTransport Transport => _transport ?? throw new NotSupportedException("This handle was made for a test, and the method is not overridden.");

    /// <summary>
    /// Adds items: their files are uploaded, each content once, and the items follow in batches, small ones first, so that jobs run while the rest is still
    /// being read. An item whose files can't be read is added as failed, with its sentence. Items that the run has already are left as they are; another
    /// request for one that has failed takes its place, and runs with the next <see cref="RetryAsync"/>.
    /// </summary>
    /// <param name="entries">The items, read as they are needed.</param>
    /// <param name="progress">Told of the run after each batch, from any thread; or null.</param>
    /// <param name="cancellationToken">Stops; what was added stays.</param>
    /// <returns>The run after the last batch; as it is where there was none.</returns>
    /// <exception cref="OneShotException">
    /// not_found; invalid_input: an item's number or id can't be; conflict: an item is there with another request and has not failed; unauthenticated,
    /// forbidden, limit, unavailable.
    /// </exception>
    public virtual Task<DatasetRunStatus> AddAsync(
        IAsyncEnumerable<DatasetEntry> entries,
        IProgress<DatasetRunStatus>? progress = null,
        CancellationToken cancellationToken = default
    ) => new DatasetFilling(Transport, Id, progress).RunAsync(entries, cancellationToken);

    /// <summary>All that is known of the run but its items.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public virtual Task<DatasetRunStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        Transport.Datasets.GetStatusAsync(Id, cancellationToken);

    /// <summary>Items by number, page after page as they are asked for.</summary>
    /// <param name="query">Which, and where to begin; null: all.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>Items.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public virtual async IAsyncEnumerable<DatasetItemStatus> ListItemsAsync(
        DatasetItemQuery? query = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        for (var next = query ?? new DatasetItemQuery(); next is not null;)
        {
            var page = await Transport.Datasets.ListItemsPageAsync(Id, next, cancellationToken);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            next = page.Next is null ? null : next with { Cursor = page.Next };
        }
    }

    /// <summary>
    /// The run's status now, and each time that it has changed, until it is at rest. What changes quickly is told together. It goes on by itself where the
    /// connection or the server's silo breaks.
    /// </summary>
    /// <param name="after">The version that is known; 0: none is.</param>
    /// <param name="cancellationToken">Ends the stream; the run goes on.</param>
    /// <returns>Statuses of growing versions.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public virtual IAsyncEnumerable<DatasetRunStatus> WatchAsync(long after = 0, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        return Transport.Datasets.WatchAsync(Id, after, cancellationToken);
    }

    /// <summary>Waits until the run is at rest: all its items have ended, or it was cancelled.</summary>
    /// <param name="cancellationToken">Stops waiting; the run goes on.</param>
    /// <returns>The status; that items have failed is told by its counts.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public virtual async Task<DatasetRunStatus> WaitAsync(CancellationToken cancellationToken = default)
    {
        var status = await GetStatusAsync(cancellationToken);
        while (!status.State.IsAtRest())
        {
            await foreach (var next in WatchAsync(status.Version, cancellationToken))
            {
                status = next;
            }

            status = status.State.IsAtRest() ? status : await GetStatusAsync(cancellationToken);
        }

        return status;
    }

    /// <summary>Starts nothing more, and cancels the jobs that run; their checkpoints stay. A run that is at rest stays as it is.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run afterwards, mostly <see cref="DatasetRunState.Cancelling"/>.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public virtual Task<DatasetRunStatus> CancelAsync(CancellationToken cancellationToken = default) => Transport.Datasets.CancelAsync(Id, cancellationToken);

    /// <summary>Goes on with what was cancelled or waits.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public virtual Task<DatasetRunStatus> ResumeAsync(CancellationToken cancellationToken = default) => Transport.Datasets.ResumeAsync(Id, cancellationToken);

    /// <summary>Runs the items again that have failed, and nothing else. Those that were added with an error stay as they are, unless a request has taken their
    /// place.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it was cancelled, and is to be resumed first; unavailable.</exception>
    public virtual Task<DatasetRunStatus> RetryAsync(CancellationToken cancellationToken = default) => Transport.Datasets.RetryAsync(Id, cancellationToken);

    /// <summary>Writes what came of the run, item by item, as it is now. It is written while it is read.</summary>
    /// <param name="format">The report's form.</param>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="links">Where a page finds what belongs to an item; null: in folders beside it that are called as the items.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When written.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    /// <exception cref="IOException">It can't be written.</exception>
    public virtual async Task WriteReportAsync(
        DatasetReportFormat format,
        Stream output,
        DatasetReportLinks? links = null,
        CancellationToken cancellationToken = default
    )
    {
        var status = await GetStatusAsync(cancellationToken);
        var report = new DatasetReport(status, ListItemsAsync(cancellationToken: cancellationToken)) { Links = links ?? DatasetReportLinks.Folders };
        await report.WriteAsync(format, output, cancellationToken);
    }

    /// <summary>Forgets the run, which must be at rest. Its jobs and their results stay.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When gone.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it is not at rest; unavailable.</exception>
    public virtual Task DeleteAsync(CancellationToken cancellationToken = default) => Transport.Datasets.DeleteAsync(Id, cancellationToken);
}
