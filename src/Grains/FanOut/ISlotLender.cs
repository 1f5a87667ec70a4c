using System.Collections.Immutable;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>Where a job's borrowed slots come from.</summary>
internal interface ISlotLender
{
    /// <summary>Asks the scheduler.</summary>
    /// <param name="wanted">Most slots wanted.</param>
    /// <param name="except">Silos to leave out.</param>
    /// <param name="request">Number of the request: the same one until it was answered.</param>
    /// <returns>What it lends.</returns>
    Task<ImmutableArray<SlotLease>> LendAsync(int wanted, ImmutableArray<string> except, long request);

    /// <summary>Gives a slot back.</summary>
    /// <param name="lease">What was lent.</param>
    /// <returns>When the scheduler knows.</returns>
    Task GiveBackAsync(SlotLease lease);

    /// <summary>The way to the worker on a slot; makes no call.</summary>
    /// <param name="lease">What was lent.</param>
    /// <param name="number">A number that no other slot of the epoch had.</param>
    /// <returns>The way there.</returns>
    IRemoteWorker Reach(SlotLease lease, int number);
}

/// <summary>The way to the worker on a borrowed slot. Any call may fail in any way, or never end.</summary>
internal interface IRemoteWorker
{
    /// <summary>Prepares the job there.</summary>
    /// <param name="brief">What the job's own slot has settled.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When it can evaluate.</returns>
    Task OpenAsync(string brief, CancellationToken cancellationToken);

    /// <summary>Sends and gets back so many bytes.</summary>
    /// <param name="payload">Bytes there.</param>
    /// <param name="answerBytes">Bytes back.</param>
    /// <returns>The answer.</returns>
    Task<ReadOnlyMemory<byte>> EchoAsync(ReadOnlyMemory<byte> payload, int answerBytes);

    /// <summary>Evaluates terms.</summary>
    /// <param name="work">What to evaluate.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answer, not to be trusted.</returns>
    Task<ImmutableArray<TermResult>> EvaluateAsync(StepWork work, CancellationToken cancellationToken);

    /// <summary>Frees what was prepared.</summary>
    /// <returns>When asked.</returns>
    Task CloseAsync();
}
