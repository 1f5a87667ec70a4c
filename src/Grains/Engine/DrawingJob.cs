using System.Collections.Immutable;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Grains.Engine;

/// <summary>One epoch of a generation.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Slot">The slot on this silo.</param>
/// <param name="Request">What was asked for.</param>
/// <param name="Sources">The implantations that it names, in its order.</param>
/// <param name="WorkFolder">An empty local folder for this epoch alone; the caller deletes it afterwards.</param>
public sealed record DrawingJob(string JobId, long Epoch, int Slot, GenerationRequest Request, ImmutableArray<GenerationSource> Sources, string WorkFolder)
{
    /// <summary>The slot's device, "cpu" or "cuda:N"; null: any.</summary>
    public string? Device { get; init; }
}
