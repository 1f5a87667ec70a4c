using OrleansOneShot.Client.Cluster.Redis;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>
/// Whether a silo may enter its cluster now, later, or not at all. Silos of two versions of the contracts must never work on one service at once: each would
/// have its own list of members, so both would run the scheduler, fire reminders and start jobs, and only the fences of states would keep them apart.
/// </summary>
/// <param name="version">The silo's version.</param>
/// <param name="where">Address of the Redis.</param>
/// <param name="lifetime">How long a killed silo counts.</param>
internal sealed class ClusterEntry(int version, string where, TimeSpan lifetime)
{
    /// <summary>Why a silo can't enter.</summary>
    /// <param name="answer">What the registry said.</param>
    /// <returns>The error; null: it has entered.</returns>
    public ErrorDetail? WhyNot(ClaimAnswer answer) =>
        answer switch
        {
            { Other: var (other, silo) } => new ErrorDetail(
                ErrorCodes.Unavailable,
                $"The cluster at Redis {where} has version {other} of the contracts (silo {silo}); this silo has version {version} and can't join it.",
                "cluster",
                $"Stop the silos of version {other} first "
                    + (other < version ? "with the oneshot that they run, oneshot cluster drain --cluster ... " : "")
                    + $"(one that was killed counts for {lifetime.TotalSeconds:0} s more), or use another database of that Redis, such as redis://HOST:PORT/1."
            ),
            { Outcome: ClaimOutcome.Drained, Drain: { } mark } => new ErrorDetail(
                ErrorCodes.Unavailable,
                $"The cluster at Redis {where} was drained for an upgrade while it had version {mark.ContractVersion} of the contracts; this silo has version "
                    + $"{version} and can't join it.",
                "cluster",
                "Start silos of a later version, or take it back with: oneshot cluster resume --cluster ..."
            ),
            _ => null,
        };

    /// <summary>
    /// Whether waiting may help: older silos leave when they are drained, and a drain may be taken back. Nobody waits for newer ones to leave.
    /// </summary>
    /// <param name="answer">What the registry said.</param>
    public bool MayChange(ClaimAnswer answer) => answer.Other is not var (other, _) || other < version;

    /// <summary>What a silo that waits says.</summary>
    /// <param name="answer">What the registry said.</param>
    /// <param name="patience">How long it waits in all.</param>
    public string Waiting(ClaimAnswer answer, TimeSpan patience) =>
        answer.Other is var (other, silo)
            ? $"Waits for the silos of version {other} of the contracts to leave (such as {silo}), for {Wording.Duration(patience)} at most; this one has "
                + $"version {version}. Drain them with the oneshot that they run: oneshot cluster drain --cluster ..."
            : $"Waits, for {Wording.Duration(patience)} at most: the cluster is drained for an upgrade. Start silos of a later version than {version} of the "
                + "contracts, or take the drain back: oneshot cluster resume --cluster ...";
}
