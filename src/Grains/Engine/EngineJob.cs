using OrleansOneShot.Common.Terms;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Grains.Engine;

/// <summary>One epoch of a job.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Slot">The slot on this silo.</param>
/// <param name="Request">What was asked for.</param>
/// <param name="Resume">Where to go on; null to begin.</param>
/// <param name="WorkFolder">An empty local folder for this epoch alone; the caller deletes it afterwards.</param>
public sealed record EngineJob(string JobId, long Epoch, int Slot, ImplantationRequest Request, CheckpointReference? Resume, string WorkFolder)
{
    /// <summary>The checkpoint before <see cref="Resume"/>, to go on from if that one can't be used; null: none.</summary>
    public CheckpointReference? Previous { get; init; }

    /// <summary>What an earlier epoch has settled: this one must not settle it otherwise, also where it begins again. Null: nothing is settled yet.</summary>
    public SettledRun? Settled { get; init; }

    /// <summary>For a worker: what <see cref="IBorrowedSlots.Settle"/> was told on the job's own slot; null: nothing.</summary>
    public string? Brief { get; init; }

    /// <summary>The slot's device, "cpu" or "cuda:N", of the kind that the request asks for; null: the request alone says which.</summary>
    public string? Device { get; init; }

    /// <summary>The slots that it may borrow.</summary>
    public IBorrowedSlots BorrowedSlots { get; init; } = NoBorrowedSlots.Instance;
}
