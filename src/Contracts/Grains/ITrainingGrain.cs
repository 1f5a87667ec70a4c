using System.Collections.Immutable;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>
/// Hands a job to its silo's engine (key: job id, "/", epoch: a new epoch never reaches the activation of an old one); placed on the silo of
/// the lease. Calls return at once: a dedicated thread trains.
/// </summary>
[Alias("oneshot.ITrainingGrain")]
public interface ITrainingGrain : IGrainWithStringKey
{
    /// <summary>Starts the engine on the lease's slot. Starting the same epoch again is harmless.</summary>
    /// <param name="lease">The lease with the epoch to work for: the job and the epoch of this grain's key.</param>
    /// <param name="request">The request.</param>
    /// <param name="resume">Where to go on.</param>
    /// <returns>When the engine's thread runs.</returns>
    /// <exception cref="Documents.Errors.OneShotException">
    /// invalid_input: the lease or a checkpoint belongs to another job or epoch; unavailable: the silo is gone or stops.
    /// </exception>
    [Alias("Start")]
    Task Start(SlotLease lease, ImplantationRequest request, ResumePoint resume);

    /// <summary>Starts the engine on a generation, as <see cref="Start"/> does on an implantation. It has no checkpoints: each epoch begins anew.</summary>
    /// <param name="lease">The lease with the epoch to work for: the job and the epoch of this grain's key.</param>
    /// <param name="request">The request.</param>
    /// <param name="sources">The implantations that it names, in its order.</param>
    /// <returns>When the engine's thread runs.</returns>
    /// <exception cref="Documents.Errors.OneShotException">
    /// invalid_input: the lease belongs to another job or epoch; unavailable: the silo is gone or stops.
    /// </exception>
    [Alias("Draw")]
    Task Draw(SlotLease lease, GenerationRequest request, ImmutableArray<GenerationSource> sources);

    /// <summary>Asks the engine to stop at the next step.</summary>
    /// <param name="epoch">The epoch to stop; another one is left alone.</param>
    /// <returns>When asked.</returns>
    [Alias("Stop")]
    Task Stop(long epoch);
}
