using System.Collections.Immutable;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>
/// A worker: evaluates terms of a job's steps on a slot that the job borrows (key: job id, "/", epoch, "/", a number for each such slot): weights in, losses
/// and gradients out. Placed on the silo of the lease. Term by term it gives what the job's own slot would have given, bit for bit on the same kind of machine.
/// </summary>
[Alias("oneshot.ICombinationGrain")]
public interface ICombinationGrain : IGrainWithStringKey
{
    /// <summary>Loads the model and prepares the job on the borrowed slot. Opening again is harmless.</summary>
    /// <param name="lease">The borrowed slot, of the job and the epoch of this grain's key.</param>
    /// <param name="request">The job's request.</param>
    /// <param name="brief">What the job's own slot has settled that the request leaves open, <see cref="FanOutLimits.BriefText"/> characters at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When it can evaluate, perhaps minutes later.</returns>
    /// <exception cref="Documents.Errors.OneShotException">unavailable: the silo stops or has no engine; others: the job can't be prepared there.</exception>
    [Alias("Open"), ResponseTimeout("00:30:00")]
    Task Open(SlotLease lease, ImplantationRequest request, string brief, CancellationToken cancellationToken = default);

    /// <summary>Answers with bytes, so that the caller can measure the way there and back.</summary>
    /// <param name="payload">Bytes there.</param>
    /// <param name="answerBytes">Bytes back, 0 to <see cref="FanOutLimits.PayloadBytes"/>.</param>
    /// <returns>That many bytes.</returns>
    [Alias("Echo")]
    Task<EchoBytes> Echo(EchoBytes payload, int answerBytes);

    /// <summary>Evaluates terms of a step.</summary>
    /// <param name="work">What to evaluate.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A result for each term, in the order asked for.</returns>
    /// <exception cref="Documents.Errors.OneShotException">unavailable: not open, or the slot was taken back.</exception>
    [Alias("Evaluate"), ResponseTimeout("02:00:00")]
    Task<ImmutableArray<TermResult>> Evaluate(StepWork work, CancellationToken cancellationToken = default);

    /// <summary>Frees the slot.</summary>
    /// <returns>When asked.</returns>
    [Alias("Close")]
    Task Close();
}
