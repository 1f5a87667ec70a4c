using System.Collections.Immutable;
using System.Globalization;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Scheduling;
using OrleansOneShot.Grains.Training;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>
/// The door to a <see cref="WorkerThread"/> of this silo. The caller's placement hint names the silo; the lease proves it. Reentrant, and no turn computes
/// anything: calls wait for the worker's thread, so that a close gets through while terms are evaluated.
/// </summary>
[GrainType("combination")] // as silos of earlier versions call it
[SlotPlacementFilter, RandomPlacement, Immovable, KeepAlive, Reentrant]
internal sealed class WorkerGrain(TrainingHost host, ILocalSiloDetails silo) : Grain, ICombinationGrain
{
    private WorkerThread? _worker;

    public async Task Open(SlotLease lease, ImplantationRequest request, string brief, CancellationToken cancellationToken = default)
    {
        if (!this.GetPrimaryKeyString().StartsWith(string.Create(CultureInfo.InvariantCulture, $"{lease.JobId}/{lease.Epoch}/"), StringComparison.Ordinal))
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"The lent slot is of job {lease.JobId}, epoch {lease.Epoch}, and this is {this.GetPrimaryKeyString()}."
                )
            );
        }
        if (brief is null or { Length: > FanOutLimits.BriefText })
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.Limit, $"What the job has settled has {brief?.Length} characters; at most {FanOutLimits.BriefText} are taken.")
            );
        }
        if (lease.Silo != silo.SiloAddress.ToParsableString())
        {
            DeactivateOnIdle();
            throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"The silo {lease.Silo} of the lent slot is gone."));
        }

        if (_worker is null)
        {
            _worker = host.OpenWorker(lease, request, brief);
            EndWithAsync(_worker.Completion).Ignore();
        }

        await _worker.Opened.WaitAsync(cancellationToken);
    }

    public Task<EchoBytes> Echo(EchoBytes payload, int answerBytes)
    {
        Worker().Touch();
        if (payload.Bytes.Length > FanOutLimits.PayloadBytes || answerBytes is < 0 or > FanOutLimits.PayloadBytes)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Limit,
                    $"{payload.Bytes.Length} bytes there and {answerBytes} back are more than the {FanOutLimits.PayloadBytes} of a call."
                )
            );
        }
        return Task.FromResult(new EchoBytes(new byte[answerBytes]));
    }

    public Task<ImmutableArray<TermResult>> Evaluate(StepWork work, CancellationToken cancellationToken = default) =>
        Worker().EvaluateAsync(work, cancellationToken);

    public Task Close()
    {
        _worker?.End("its job closed it");
        if (_worker is null)
        {
            DeactivateOnIdle();
        }
        return Task.CompletedTask;
    }

    private WorkerThread Worker()
    {
        if (_worker is { } worker)
        {
            return worker;
        }
        // An activation that nobody opened stands in for one that died with its silo.
        DeactivateOnIdle();
        throw WorkerThread.Unavailable("it is not open");
    }

    private async Task EndWithAsync(Task worker)
    {
        await worker;
        DeactivateOnIdle();
    }
}
