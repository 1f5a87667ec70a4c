using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>
/// What befalls a job without being its fault: a store that is away, a machine that is sick, a silo that dies. It waits again, and goes on from its last
/// checkpoint; each is bounded by itself, and counted anew after a new checkpoint.
/// </summary>
internal sealed partial class ImplantationGrain
{
    // The latest are told: a job may be given back often within its bounds.
    private const int MaxHistory = 8;

    // The scheduler heard it from the membership.
    private const string SiloLost = "silo_lost";

    /// <summary>Silos that failed the job, for its queue entry; null: none.</summary>
    private string? Avoid =>
        Faults.IsEmpty ? null : string.Join(' ', Faults.Select(fault => fault.Silo).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    // Older states have none.
    private ImmutableArray<SiloFault> Faults => _state.Faults.IsDefault ? [] : _state.Faults;

    /// <summary>Steps that the next epoch does once more, as far as this one has told.</summary>
    private int StepsToRepeat => Math.Max(0, _step - (_state.Checkpoint?.Step ?? 0));

    public Task Outage(long epoch, string what, TimeSpan lasted) =>
        GiveBackAsync(
            epoch,
            async () =>
            {
                var outage = string.Create(
                    CultureInfo.InvariantCulture,
                    $"epoch {epoch} on {_state.Lease?.Silo} stopped at step {_step} ({what.TrimEnd('.')})"
                );
                var limit = options.Value.StoreOutageLimit;
                // A short one counts for little, but for something: a store that is never away when one looks, and always when one works, must not keep a job
                // for ever.
                var counts = TimeSpan.FromTicks(Math.Clamp(lasted.Ticks, limit.Ticks / 10, limit.Ticks));
                var state = EpochOver(_state) with { Outages = _state.Outages + 1, OutageTime = _state.OutageTime + counts, History = Remember(outage) };
                if (state.OutageTime >= limit * options.Value.MaxOutages)
                {
                    await FailAsync(
                        state,
                        $"Stores were out of reach {state.Outages} times for this job without a new checkpoint: {Tell(state.History, state.Outages)}.",
                        "See that the artifact store and the database answer every silo, then submit the job again."
                    );
                    return;
                }

                instruments.OnResumed("outage", StepsToRepeat);
                LogRequeued(Id, "outage");
                await QueueAsync(state, $"Given back: {what}", front: true);
            }
        );

    public Task MachineFault(long epoch, ErrorDetail error) =>
        GiveBackAsync(
            epoch,
            async () =>
            {
                var silo = _state.Lease!.Silo;
                var fault = new SiloFault(
                    silo,
                    string.Create(CultureInfo.InvariantCulture, $"epoch {epoch} on {silo} stopped at step {_step} ({error.Message.TrimEnd('.')})")
                );
                var state = EpochOver(_state) with { Faults = Faults.Add(fault) };
                var silos = state.Faults.Select(known => known.Silo).Distinct(StringComparer.Ordinal).Count();
                if (silos >= options.Value.MaxFaultySilos || state.Faults.Length >= options.Value.MaxMachineFaults)
                {
                    var told =
                        state.Faults.Length == 1
                            ? error
                            : error with
                            {
                                Message = string.Create(
                                    CultureInfo.InvariantCulture,
                                    $"The machines of {silos} {(silos == 1 ? "silo" : "silos")} failed this job {state.Faults.Length} times without a new "
                                        + $"checkpoint: {Tell([.. state.Faults.Select(known => known.What)], state.Faults.Length)}."
                                ),
                            };
                    await EndAsync(state with { State = JobState.Failed, Finished = Now, Error = told });
                    return;
                }

                instruments.OnResumed("machine", StepsToRepeat);
                LogRequeued(Id, "machine");
                await QueueAsync(state, $"Given back by {silo}: {error.Message}", front: true);
            }
        );

    /// <summary>An orphan: finished by its manifest, cancelled if that was wanted, given up if it only ever kills its process, else queued.</summary>
    private async Task<bool> RequeueOrphanAsync(string reason)
    {
        if (_state.CancelRequested || await CompleteFromManifestAsync())
        {
            if (!_state.State.IsFinal())
            {
                await SettleAsync();
            }
            return false;
        }

        var state = EpochOver(_state);
        // A lease may also lapse because the scheduler stood still, or was out of reach: of that the job's process did not die.
        if (reason == SiloLost || !await IsAliveNowAsync(_state.Lease?.Silo))
        {
            var death = string.Create(
                CultureInfo.InvariantCulture,
                $"epoch {_state.Epoch} on {_state.Lease?.Silo ?? "no silo"} ended at step {_step} while {_state.State.ToString().ToLowerInvariant()} ({reason})"
            );
            state = state with { Deaths = _state.Deaths + 1, History = Remember(death) };
        }

        if (state.Deaths >= options.Value.MaxDeaths)
        {
            await FailAsync(
                state,
                $"The process that worked for this job died {state.Deaths} times without reaching a new checkpoint: {string.Join("; ", state.History)}.",
                "Look at the process's log for the cause, such as too little memory, and submit the job again."
            );
            return false;
        }

        instruments.OnResumed(reason, StepsToRepeat);
        LogRequeued(Id, reason);
        await QueueAsync(
            state,
            _state.Checkpoint is { } from
                ? string.Create(CultureInfo.InvariantCulture, $"Interrupted ({reason}); goes on from step {from.Step}.")
                : $"Interrupted ({reason}); begins again."
        );
        return true;
    }

    private async Task<bool> IsAliveNowAsync(string? silo)
    {
        await membership.Refresh();
        return await IsAliveAsync(silo);
    }

    private ImmutableArray<string> Remember(string setback) => [.. _state.History.Add(setback).TakeLast(MaxHistory)];

    private static string Tell(ImmutableArray<string> setbacks, int all)
    {
        var latest = setbacks.TakeLast(MaxHistory).ToList();
        var told = string.Join("; ", latest);
        return all > latest.Count ? string.Create(CultureInfo.InvariantCulture, $"{told}, and {all - latest.Count} before") : told;
    }
}
