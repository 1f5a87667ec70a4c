using System.Diagnostics;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Chaos;

/// <summary>
/// Waits until a fault hits a job in the middle of its training: faults between jobs show nothing. A job that was hit twice since its last checkpoint is
/// spared, since a third death there would end it as a job that only ever kills its process, and rightly so.
/// </summary>
/// <param name="client">The cluster's client.</param>
/// <param name="cluster">The cluster.</param>
/// <param name="steps">Training steps of a job.</param>
internal sealed class Aim(ClusterClient client, ChaosCluster cluster, int steps)
{
    private const int CheckpointEvery = 10;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(3);
    private readonly Dictionary<(string JobId, int Checkpoint), int> _hits = [];
    private readonly HashSet<string> _spared = [];
    private int _leases;

    /// <summary>What there was instead of a target.</summary>
    public string Why { get; private set; } = "";

    /// <summary>Finds the first of a fault's silos that trains a job that is as far as the fault wants.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What it hits; null: nothing trains for a long time.</returns>
    public async Task<Target?> TakeAsync(Fault fault, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        Target? found = null;
        List<Target> all = [];
        while (found is null && clock.Elapsed < s_patience)
        {
            try
            {
                // A job that is not yet so far is better than none.
                var least = fault.Kind == FaultKind.FlipCheckpoint ? CheckpointEvery + 2 : 1;
                var atStep = clock.Elapsed < s_patience * 0.75 ? Math.Max(fault.AtStep, least) : least;
                all = await ListAsync(cancellationToken);

                // Who kills them all hits every job.
                found =
                    ChaosCluster.KillsAll(fault) && !all.All(IsFair)
                        ? null
                        : all.OrderBy(target => fault.Silos.ToList().IndexOf(target.Silo)).FirstOrDefault(target => target.Step >= atStep && IsFair(target));
                if (found is null)
                {
                    Why =
                        all.Count == 0
                            ? $"none of {_leases} leased jobs is"
                            : string.Join(", ", all.Select(target => $"{target.JobId} at step {target.Step}" + (IsFair(target) ? "" : ", spared")));
                    await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
                }
            }
            catch (Exception e) when (Calls.MayPass(e, cancellationToken))
            {
                // The cluster is still busy with the fault before.
                Why = e.Message;
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }

        if (found is not null && fault.IsOfSilo)
        {
            foreach (var key in (ChaosCluster.KillsAll(fault) ? all : [found]).SelectMany(Keys))
            {
                _hits[key] = _hits.GetValueOrDefault(key) + 1;
            }

            if (fault.Kind == FaultKind.FlipCheckpoint)
            {
                // It begins again where it was hit before, and deaths count from its last new checkpoint.
                _spared.Add(found.JobId);
            }
        }

        return found;
    }

    private async Task<List<Target>> ListAsync(CancellationToken cancellationToken)
    {
        var targets = new List<Target>();
        var leases = (await client.GetSchedulerAsync(cancellationToken).WaitAsync(s_answer, cancellationToken)).Leases;
        _leases = leases.Length;
        for (var silo = 0; silo < cluster.Count; silo++)
        {
            var address = cluster.Address(silo);
            foreach (var lease in leases.Where(lease => lease.Silo == address))
            {
                // A leased job may be between preparing and publishing; only training counts.
                var status = await client.GetImplantation(lease.JobId).FindStatusAsync(cancellationToken).WaitAsync(s_answer, cancellationToken);

                // A generation is no implantation, and trains nothing.
                if (status?.State == JobState.Training && status.Epoch == lease.Epoch && status.Step >= 1 && status.Step < steps - 1)
                {
                    targets.Add(new Target(silo, lease.JobId, lease.Epoch, status.Step));
                }
            }
        }

        return targets;
    }

    private bool IsFair(Target target) => !_spared.Contains(target.JobId) && Keys(target).All(key => _hits.GetValueOrDefault(key) < 2);

    // At step 30 a job has committed that checkpoint or still tries to, and then the one of step 20 counts.
    private static (string JobId, int Checkpoint)[] Keys(Target target) =>
        [.. new[] { target.Step / CheckpointEvery, (target.Step - 1) / CheckpointEvery }.Distinct().Select(checkpoint => (target.JobId, checkpoint))];
}
