using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>The cluster's scheduler and workers, by way of their grains.</summary>
/// <param name="grains">The way to grains.</param>
/// <param name="own">The job's own lease.</param>
/// <param name="request">The job's request.</param>
internal sealed class ClusterLender(IGrainFactory grains, SlotLease own, ImplantationRequest request) : ISlotLender
{
    /// <inheritdoc/>
    public Task<ImmutableArray<SlotLease>> LendAsync(int wanted, ImmutableArray<string> except, long request) =>
        grains.GetGrain<ISchedulerGrain>(0).Lend(own.JobId, own.Epoch, wanted, except, request);

    /// <inheritdoc/>
    public Task GiveBackAsync(SlotLease lease) => grains.GetGrain<ISchedulerGrain>(0).GiveBack(lease);

    /// <inheritdoc/>
    public IRemoteWorker Reach(SlotLease lease, int number) =>
        new RemoteWorker(grains.GetGrain<ICombinationGrain>(string.Create(CultureInfo.InvariantCulture, $"{own.JobId}/{own.Epoch}/{number}")), lease, request);

    private sealed class RemoteWorker(ICombinationGrain grain, SlotLease lease, ImplantationRequest request) : IRemoteWorker
    {
        public Task OpenAsync(string brief, CancellationToken cancellationToken) =>
            PlacementHint.CallAsync(lease.Silo, () => grain.Open(lease, request, brief, cancellationToken));

        public async Task<ReadOnlyMemory<byte>> EchoAsync(ReadOnlyMemory<byte> payload, int answerBytes) =>
            (await grain.Echo(new EchoBytes(payload), answerBytes)).Bytes;

        public Task<ImmutableArray<TermResult>> EvaluateAsync(StepWork work, CancellationToken cancellationToken) => grain.Evaluate(work, cancellationToken);

        public Task CloseAsync() => grain.Close();
    }
}
