using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// Where it stands that a cluster is drained. Not in the scheduler's state: a silo must see it before it joins, and an operator when no silo is left.
/// </summary>
public interface IDrainMark
{
    /// <summary>Looks.</summary>
    /// <returns>The mark; null: the cluster is not drained.</returns>
    Task<DrainMark?> ReadAsync();

    /// <summary>Sets it; one that holds for this version already stays as it is.</summary>
    /// <returns>The mark, once it is durable.</returns>
    /// <exception cref="OneShotException">conflict: there is no cluster.</exception>
    Task<DrainMark> SetAsync();

    /// <summary>Takes it away.</summary>
    /// <returns>When durable.</returns>
    Task ClearAsync();
}

/// <summary>The mark of a process that works alone: nobody could take its jobs, and it is drained by stopping it.</summary>
internal sealed class NoDrainMark : IDrainMark
{
    public Task<DrainMark?> ReadAsync() => Task.FromResult<DrainMark?>(null);

    public Task<DrainMark> SetAsync() => throw NoCluster();

    public Task ClearAsync() => Task.CompletedTask;

    /// <summary>Why it can't be drained.</summary>
    public static OneShotException NoCluster() =>
        new(
            new ErrorDetail(
                ErrorCodes.Conflict,
                "One process works on these jobs, and there is no cluster to drain.",
                Hint: "Stop that process (Ctrl-C or SIGTERM): it commits checkpoints, and the next one goes on from them."
            )
        );
}
