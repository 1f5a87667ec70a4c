using Orleans.Placement;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Requests;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Training;

/// <summary>The door to a silo's <see cref="TrainingHost"/>. The caller's placement hint names the silo; random placement honours it, and the lease proves it.</summary>
[SlotPlacementFilter, RandomPlacement, Immovable, KeepAlive]
internal sealed class TrainingGrain(TrainingHost host, ILocalSiloDetails silo) : Grain, ITrainingGrain
{
    public Task Start(SlotLease lease, ImplantationRequest request, CheckpointReference? resume)
    {
        if (lease.Silo != silo.SiloAddress.ToParsableString())
        {
            DeactivateOnIdle();
            throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"The silo {lease.Silo} of the lease is gone."));
        }

        // Kept alive by attribute: work outside of calls does not keep a grain.
        EndWithAsync(host.Start(lease, request, resume)).Ignore();
        return Task.CompletedTask;
    }

    public Task Stop(long epoch)
    {
        var key = this.GetPrimaryKeyString();
        host.Stop(key[..key.IndexOf('/', StringComparison.Ordinal)], epoch);
        return Task.CompletedTask;
    }

    private async Task EndWithAsync(Task run)
    {
        await run;
        DeactivateOnIdle();
    }
}
