using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Http;

/// <summary>Jobs of one kind on a server.</summary>
/// <typeparam name="TRequest">What they are asked with.</typeparam>
/// <typeparam name="TStatus">What is told of them.</typeparam>
/// <param name="calls">The way to it.</param>
/// <param name="path">Where they are there.</param>
internal class HttpJobs<TRequest, TStatus>(HttpCalls calls, string path) : IJobTransport<TRequest, TStatus>
    where TRequest : class, IJobRequest
    where TStatus : class, IJobStatus
{
    /// <inheritdoc/>
    public IResultSource Results { get; } = new HttpResults(calls, path);

    /// <summary>The way to the server.</summary>
    protected HttpCalls Calls => calls;

    /// <inheritdoc/>
    public Task<TStatus> SubmitAsync(TRequest request, string idempotencyKey, CancellationToken cancellationToken = default) =>
        calls.CallAsync<TStatus>(
            () =>
            {
                var message = HttpCalls.Post(path, request);
                message.Headers.TryAddWithoutValidation(IdempotencyKey.Header, idempotencyKey);
                return message;
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public Task<TStatus> GetStatusAsync(string id, CancellationToken cancellationToken = default) =>
        calls.CallAsync<TStatus>(() => HttpCalls.Get(PathOf(id)), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ProgressEvent> WatchAsync(string id, long after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var stream = new EventReader(calls, PathOf(id, "/events"), after, cancellationToken);
        while (await stream.MoveNextAsync())
        {
            yield return stream.Current;
        }
    }

    /// <inheritdoc/>
    public Task<TStatus> CancelAsync(string id, CancellationToken cancellationToken = default) =>
        calls.CallAsync<TStatus>(() => HttpCalls.Post(PathOf(id, "/cancel")), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string id, CancellationToken cancellationToken = default) => calls.DeleteAsync(PathOf(id), cancellationToken);

    /// <inheritdoc/>
    public async Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.UnfinishedOnly || query.Owner is not null)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.InvalidInput, "Over HTTP jobs are listed by state and metadata, the caller's own.", "query", "Leave the rest out.")
            );
        }

        var list = new StringBuilder(path).Append("?limit=").Append(query.PageSize.ToString(CultureInfo.InvariantCulture));
        Add("state", query.State?.ToString().ToLowerInvariant());
        Add("cursor", query.Cursor);
        foreach (var (key, value) in query.Metadata)
        {
            Add($"metadata.{key}", value);
        }

        var page = await calls.CallAsync<JobList>(() => HttpCalls.Get(list.ToString()), cancellationToken);
        return new JobPage(page.Items, page.Next);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                list.Append('&').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }

    /// <summary>The path of a job.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="rest">What follows.</param>
    protected string PathOf(string id, string rest = "") => $"{path}/{Uri.EscapeDataString(id)}{rest}";

    /// <summary>A page of jobs of either kind.</summary>
    private sealed record JobList(ImmutableArray<JobSummary> Items, string? Next = null);
}
