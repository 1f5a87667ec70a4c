using Orleans.Concurrency;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>
/// A generation (key: its id) as its users see it. The grain is that of <see cref="IImplantationGrain"/>, whose states, epochs, log and publication a
/// generation shares: an id is a job of one kind, and of the other kind there is none with that id.
/// </summary>
[Alias("oneshot.IGenerationGrain")]
public interface IGenerationGrain : IGrainWithStringKey
{
    /// <summary>Accepts the job and queues it. Submitting the same request again is harmless.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The job's status.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input; not_found: its owner has no implantation of an id that it names; conflict: that one has not succeeded, or (field <c>id</c>) the job's id
    /// holds another request.
    /// </exception>
    [Alias("Submit")]
    Task<GenerationStatus> Submit(GenerationRequest request, CancellationToken cancellationToken = default);

    /// <summary>All that is known of the job.</summary>
    /// <returns>The status; null if no such generation was ever submitted.</returns>
    [Alias("GetStatus"), ReadOnly, AlwaysInterleave]
    Task<GenerationStatus?> GetStatus();

    /// <summary>The progress log from a sequence number on, then new events until the job has ended.</summary>
    /// <param name="fromSequence">First sequence number wanted, 1 for all.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Events without gaps.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<ProgressEvent> Watch(long fromSequence, CancellationToken cancellationToken = default);

    /// <summary>Ends the job without result, as <see cref="IImplantationGrain.Cancel"/> does.</summary>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    [Alias("Cancel")]
    Task<GenerationStatus> Cancel();

    /// <summary>Forgets an ended job and deletes its files.</summary>
    /// <returns>True if it is gone; false if there was none.</returns>
    /// <exception cref="OneShotException">conflict: the job has not ended.</exception>
    [Alias("Delete")]
    Task<bool> Delete();
}
