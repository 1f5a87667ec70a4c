using System.Globalization;
using System.Text;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Http;

/// <summary>A server over HTTP (docs/HTTP.md).</summary>
internal sealed partial class HttpTransport : IOneShotTransport
{
    private readonly HttpCalls _calls;

    /// <summary>Creates the transport; makes no call.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="options">How calls are made.</param>
    public HttpTransport(Uri server, OneShotClientOptions options)
    {
        _calls = new HttpCalls(server, options);
        Inputs = new HttpBlobs(_calls);
        Results = new HttpResults(_calls);
    }

    /// <inheritdoc/>
    public IBlobTarget Inputs { get; }

    /// <inheritdoc/>
    public IResultSource Results { get; }

    /// <summary>The path of a job.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="rest">What follows.</param>
    public static string PathOf(string id, string rest = "") => $"v1/implantations/{Uri.EscapeDataString(id)}{rest}";

    /// <inheritdoc/>
    public Task<ImplantationStatus> SubmitAsync(ImplantationRequest request, string idempotencyKey, CancellationToken cancellationToken = default) =>
        _calls.CallAsync<ImplantationStatus>(
            () =>
            {
                var message = HttpCalls.Post("v1/implantations", request);
                message.Headers.TryAddWithoutValidation(IdempotencyKey.Header, idempotencyKey);
                return message;
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public Task<ImplantationEstimate> EstimateAsync(ImplantationRequest request, CancellationToken cancellationToken = default) =>
        _calls.CallAsync<ImplantationEstimate>(() => HttpCalls.Post("v1/implantations?dry_run=true", request), cancellationToken);

    /// <inheritdoc/>
    public Task<ImplantationStatus> GetStatusAsync(string id, CancellationToken cancellationToken = default) =>
        _calls.CallAsync<ImplantationStatus>(() => HttpCalls.Get(PathOf(id)), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ProgressEvent> WatchAsync(
        string id,
        long after,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await using var stream = new EventReader(_calls, id, after, cancellationToken);
        while (await stream.MoveNextAsync())
        {
            yield return stream.Current;
        }
    }

    /// <inheritdoc/>
    public Task<ImplantationStatus> CancelAsync(string id, CancellationToken cancellationToken = default) =>
        _calls.CallAsync<ImplantationStatus>(() => HttpCalls.Post(PathOf(id, "/cancel")), cancellationToken);

    /// <inheritdoc/>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        var tries = 0;
        try
        {
            using var _ = await _calls.SendAsync(
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
    public async Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.UnfinishedOnly || query.Owner is not null)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.InvalidInput, "Over HTTP jobs are listed by state and metadata, the caller's own.", "query", "Leave the rest out.")
            );
        }

        var path = new StringBuilder("v1/implantations?limit=").Append(query.PageSize.ToString(CultureInfo.InvariantCulture));
        Add("state", query.State?.ToString().ToLowerInvariant());
        Add("cursor", query.Cursor);
        foreach (var (key, value) in query.Metadata)
        {
            Add($"metadata.{key}", value);
        }

        var page = await _calls.CallAsync<ImplantationList>(() => HttpCalls.Get(path.ToString()), cancellationToken);
        return new JobPage(page.Items, page.Next);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                path.Append('&').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _calls.Dispose();
        return ValueTask.CompletedTask;
    }
}
