using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Tracing;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Cluster;

/// <summary>One generation and its verbs.</summary>
public sealed class ClusterGeneration : IClusterJob<GenerationStatus>
{
    private readonly IGenerationGrain _grain;
    private readonly ClusterClient _client;

    internal ClusterGeneration(string id, IGenerationGrain grain, ClusterClient client) => (Id, _grain, _client) = (id, grain, client);

    /// <summary>The job's id.</summary>
    public string Id { get; }

    /// <summary>Submits the job. Submitting the same request again is harmless.</summary>
    /// <param name="request">What to draw.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The job's status.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input; not_found: its owner has no implantation that it names; conflict: that one has not succeeded, or (field <c>id</c>) the id holds another
    /// request.
    /// </exception>
    public Task<GenerationStatus> SubmitAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _client.CallAsync(
            async token =>
            {
                TraceParent.Send(TraceParent.Current);
                return await _grain.Submit(request, token);
            },
            cancellationToken
        );
    }

    /// <summary>All that is known of the job.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status; null if there is no such generation.</returns>
    public Task<GenerationStatus?> FindStatusAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _grain.GetStatus(), cancellationToken);

    /// <summary>The progress log from a sequence number on, then new events until the job has ended, as those of an implantation.</summary>
    /// <param name="fromSequence">First sequence number wanted, 1 for all.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Events.</returns>
    /// <exception cref="OneShotException">not_found, or unavailable.</exception>
    public IAsyncEnumerable<ProgressEvent> WatchAsync(long fromSequence = 1, CancellationToken cancellationToken = default) =>
        ProgressStream.ReadAsync(_grain.Watch, _client, fromSequence, cancellationToken);

    /// <summary>Ends the job without result; an ended job stays as it is.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    public Task<GenerationStatus> CancelAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _grain.Cancel(), cancellationToken);

    /// <summary>Deletes an ended job with all its files.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When gone.</returns>
    /// <exception cref="OneShotException">conflict: the job has not ended.</exception>
    public Task DeleteAsync(CancellationToken cancellationToken = default) => _client.CallAsync(async _ => await _grain.Delete(), cancellationToken);
}
