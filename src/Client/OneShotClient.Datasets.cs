using System.Runtime.CompilerServices;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Client;

/// <content>Runs over many photos.</content>
public sealed partial class OneShotClient
{
    /// <inheritdoc/>
    public async Task<DatasetRunHandle> RunDatasetAsync(
        DatasetRun run,
        IAsyncEnumerable<DatasetEntry> entries,
        IProgress<DatasetRunStatus>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(entries);
        var handle = await CreateDatasetRunAsync(run, cancellationToken);
        await handle.AddAsync(entries, progress, cancellationToken);
        return handle;
    }

    /// <inheritdoc/>
    public async Task<DatasetRunHandle> CreateDatasetRunAsync(DatasetRun run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var made = await _transport.Datasets.CreateAsync(run.ToRequest(), run.IdempotencyKey ?? IdempotencyKey.New(), cancellationToken);
        return new DatasetRunHandle(made.Id, _transport);
    }

    /// <inheritdoc/>
    public DatasetRunHandle GetDatasetRun(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new DatasetRunHandle(id, _transport);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<DatasetRunStatus> ListDatasetRunsAsync(
        DatasetRunQuery? query = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        for (var next = query ?? new DatasetRunQuery(); next is not null;)
        {
            var page = await _transport.Datasets.ListPageAsync(next, cancellationToken);
            foreach (var run in page.Items)
            {
                yield return run;
            }

            next = page.Next is null ? null : next with { Cursor = page.Next };
        }
    }
}
