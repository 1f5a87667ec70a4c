using System.Collections.Immutable;
using System.Globalization;
using Orleans.Placement;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Contracts.Tracing;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Scheduling;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// The door to a silo's <see cref="TrainingHost"/>. The caller's placement hint names the silo; random placement honours it, and the lease proves it.
/// </summary>
[SlotPlacementFilter, RandomPlacement, Immovable, KeepAlive]
internal sealed class TrainingGrain(TrainingHost host, ILocalSiloDetails silo) : Grain, ITrainingGrain
{
    public Task Start(SlotLease lease, ImplantationRequest request, ResumePoint resume)
    {
        Require(lease, resume);
        return StartAsync(lease, new RunOrder(request) { Resume = resume });
    }

    public Task Draw(SlotLease lease, GenerationRequest request, ImmutableArray<GenerationSource> sources)
    {
        Require(lease, ResumePoint.Beginning);
        return StartAsync(lease, new RunOrder(request) { Sources = sources });
    }

    public Task Stop(long epoch)
    {
        var key = this.GetPrimaryKeyString();
        var job = key[..key.IndexOf('/', StringComparison.Ordinal)];
        if (key == Key(job, epoch))
        {
            host.Stop(job, epoch);
        }
        return Task.CompletedTask;
    }

    private Task StartAsync(SlotLease lease, RunOrder order)
    {
        if (lease.Silo != silo.SiloAddress.ToParsableString())
        {
            DeactivateOnIdle();
            throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"The silo {lease.Silo} of the lease is gone."));
        }

        // Kept alive by attribute: work outside of calls does not keep a grain.
        EndWithAsync(host.Start(lease, order with { Trace = TraceParent.Received })).Ignore();
        return Task.CompletedTask;
    }

    private static string Key(string job, long epoch) => string.Create(CultureInfo.InvariantCulture, $"{job}/{epoch}");

    /// <summary>A lease of another job or epoch, or a checkpoint that lies elsewhere than the job's own do, is no business of this grain.</summary>
    private void Require(SlotLease lease, ResumePoint resume)
    {
        if (resume is null)
        {
            throw Refuse("Where to go on is missing.");
        }
        if (lease is null || this.GetPrimaryKeyString() != Key(lease.JobId, lease.Epoch))
        {
            throw Refuse($"The lease is of job {lease?.JobId}, epoch {lease?.Epoch}, and this is {this.GetPrimaryKeyString()}.");
        }
        foreach (var checkpoint in new[] { resume.Checkpoint, resume.Previous })
        {
            if (
                checkpoint is not null
                && (checkpoint.Epoch > lease.Epoch || checkpoint.Path != StorePaths.Checkpoint(lease.JobId, checkpoint.Epoch, checkpoint.Step))
            )
            {
                throw Refuse(
                    $"The checkpoint of step {checkpoint.Step}, epoch {checkpoint.Epoch}, is none that epoch {lease.Epoch} of job {lease.JobId} can go on from."
                );
            }
        }
    }

    private static OneShotException Refuse(string message) => new(new ErrorDetail(ErrorCodes.InvalidInput, message));

    private async Task EndWithAsync(Task run)
    {
        await run;
        DeactivateOnIdle();
    }
}
