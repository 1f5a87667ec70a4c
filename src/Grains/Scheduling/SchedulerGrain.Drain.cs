using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>A cluster that is drained, and silos that leave one by one. The silos see the mark themselves, and stop their jobs.</summary>
internal sealed partial class SchedulerGrain
{
    public async Task<DrainStatus> Drain()
    {
        var set = await mark.SetAsync();
        if (_model.Drain is null)
        {
            LogDrains(set.ContractVersion);
        }
        _model.Drain = set;
        Measure();
        return Status();
    }

    public async Task<DrainStatus> Resume()
    {
        await mark.ClearAsync();
        if (_model.Drain is { } gone)
        {
            LogResumes(gone.ContractVersion);
        }
        _model.Drain = null;
        await PumpAsync(CancellationToken.None);
        return Status();
    }

    public async Task<DrainStatus> DrainSilo(string silo)
    {
        if (!Present().Contains(silo))
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.NotFound,
                    $"There is no silo {silo}.",
                    "silo",
                    "Give an address as oneshot cluster silos shows it, or leave it out to drain the whole cluster."
                )
            );
        }

        var asked = false;
        await PlacementHint.CallAsync(silo, async () => asked = await GrainFactory.GetGrain<ISiloGrain>(silo).Leave());
        // One that went meanwhile has done what was wanted.
        return asked || !Present().Contains(silo) ? Status() : throw NoDrainMark.NoCluster();
    }

    public Task<DrainStatus> GetDrain() => Task.FromResult(Status());

    public async Task<bool> Retire(string silo)
    {
        var retired = _model.Retire(silo);
        if (retired)
        {
            LogRetired(silo);
            await PumpAsync(CancellationToken.None);
        }
        return retired;
    }

    private DrainStatus Status() => new(_model.Drain, _model.Leased, _model.Queued, _model.Offering, [.. Present().Order(StringComparer.Ordinal)]);

    private IEnumerable<string> Present() =>
        membership
            .CurrentSnapshot.Members.Values.Where(member => member.Status is not (SiloStatus.Dead or SiloStatus.None))
            .Select(member => member.SiloAddress.ToParsableString());

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster is drained: its silos, of version {Version} of the contracts, leave, and jobs wait")]
    private partial void LogDrains(int version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster, which was drained for silos of version {Version} of the contracts, gives out slots again")]
    private partial void LogResumes(int version);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Silo} had nothing to do, and leaves")]
    private partial void LogRetired(string silo);
}
