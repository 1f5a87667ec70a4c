using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client.Http;

/// <summary>Dataset runs of a server over HTTP (docs/HTTP.md).</summary>
/// <param name="calls">The way to the server.</param>
internal sealed class HttpDatasets(HttpCalls calls) : IDatasetTransport
{
    private const string Runs = "v1/dataset-runs";

    // The server answers when something has changed, or after that long; its own limit is a minute.
    private const int WaitSeconds = 20;

    /// <inheritdoc/>
    public Task<DatasetRunStatus> CreateAsync(DatasetRunRequest request, string idempotencyKey, CancellationToken cancellationToken = default) =>
        calls.CallAsync<DatasetRunStatus>(
            () =>
            {
                var message = HttpCalls.Post(Runs, request);
                message.Headers.TryAddWithoutValidation(IdempotencyKey.Header, idempotencyKey);
                return message;
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public Task<DatasetRunStatus> AddItemsAsync(string id, ImmutableArray<DatasetItem> items, CancellationToken cancellationToken = default) =>
        calls.CallAsync<DatasetRunStatus>(() => HttpCalls.Post(PathOf(id, "/items"), new DatasetBatch(items)), cancellationToken);

    /// <inheritdoc/>
    public Task<DatasetRunStatus> GetStatusAsync(string id, CancellationToken cancellationToken = default) =>
        calls.CallAsync<DatasetRunStatus>(() => HttpCalls.Get(PathOf(id)), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>By statuses that wait for a change: each stands for itself, so a connection that breaks loses nothing.</remarks>
    public async IAsyncEnumerable<DatasetRunStatus> WatchAsync(
        string id,
        long after = 0,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var status = await GetStatusAsync(id, cancellationToken);
        while (true)
        {
            if (status.Version > after)
            {
                after = status.Version;
                yield return status;
            }

            if (status.State.IsAtRest())
            {
                yield break;
            }

            status = await WaitAsync(id, status, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task<DatasetItemPage> ListItemsPageAsync(string id, DatasetItemQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var path = new Query(PathOf(id, "/items"))
            .Add("limit", query.PageSize)
            .Add("state", query.State?.ToString().ToLowerInvariant())
            .Add("changed_since", query.ChangedSince)
            .Add("cursor", query.Cursor);
        return calls.CallAsync<DatasetItemPage>(() => HttpCalls.Get(path.ToString()), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<DatasetRunStatus> CancelAsync(string id, CancellationToken cancellationToken = default) => PostAsync(id, "/cancel", cancellationToken);

    /// <inheritdoc/>
    public Task<DatasetRunStatus> ResumeAsync(string id, CancellationToken cancellationToken = default) => PostAsync(id, "/resume", cancellationToken);

    /// <inheritdoc/>
    public Task<DatasetRunStatus> RetryAsync(string id, CancellationToken cancellationToken = default) => PostAsync(id, "/retry", cancellationToken);

    /// <inheritdoc/>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        var tries = 0;
        try
        {
            using var _ = await calls.SendAsync(
                () =>
                {
                    tries++;
                    return new HttpRequestMessage(HttpMethod.Delete, PathOf(id));
                },
                cancellationToken
            );
        }
        catch (OneShotException e) when (tries > 1 && e.Code == ErrorCodes.NotFound)
        {
            // An earlier try has deleted it, and its answer was lost.
        }
    }

    /// <inheritdoc/>
    public Task<DatasetRunPage> ListPageAsync(DatasetRunQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Owner is not null)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.InvalidInput, "Over HTTP dataset runs are listed by state, the caller's own.", "query", "Leave the owner out.")
            );
        }

        var path = new Query(Runs).Add("limit", query.PageSize).Add("state", query.State?.ToString().ToLowerInvariant()).Add("cursor", query.Cursor);
        return calls.CallAsync<DatasetRunPage>(() => HttpCalls.Get(path.ToString()), cancellationToken);
    }

    private static string PathOf(string id, string rest = "") => $"{Runs}/{Uri.EscapeDataString(id)}{rest}";

    private Task<DatasetRunStatus> PostAsync(string id, string verb, CancellationToken cancellationToken) =>
        calls.CallAsync<DatasetRunStatus>(() => HttpCalls.Post(PathOf(id, verb)), cancellationToken);

    /// <summary>Waits for a change.</summary>
    /// <returns>The status then; the one that is known if there was none for a while.</returns>
    private async Task<DatasetRunStatus> WaitAsync(string id, DatasetRunStatus known, CancellationToken cancellationToken)
    {
        using var answer = await calls.SendAsync(
            () =>
            {
                var message = HttpCalls.Get(PathOf(id));
                message.Headers.TryAddWithoutValidation("Prefer", FormattableString.Invariant($"wait={WaitSeconds}"));
                message.Headers.TryAddWithoutValidation("If-None-Match", TagOf(known));
                return message;
            },
            cancellationToken
        );
        return answer.StatusCode == HttpStatusCode.NotModified ? known : await DocumentAnswer.ReadAsync<DatasetRunStatus>(answer, cancellationToken);
    }

    private static string TagOf(DatasetRunStatus status) => FormattableString.Invariant($"\"{status.Version}\"");

    /// <summary>A path with parameters; those without a value are left out.</summary>
    private sealed class Query(string path)
    {
        private readonly StringBuilder _text = new(path);
        private char _separator = '?';

        public Query Add(string name, IFormattable? value) => Add(name, value?.ToString(null, CultureInfo.InvariantCulture));

        public Query Add(string name, string? value)
        {
            if (value is not null)
            {
                _text.Append(_separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
                _separator = '&';
            }

            return this;
        }

        public override string ToString() => _text.ToString();
    }
}
