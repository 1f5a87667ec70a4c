using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Client.Cluster;

namespace OrleansOneShot.Chaos;

/// <summary>
/// Measures how long a job stands still when its silo is killed, frozen or drained, or all silos are killed at once: one job, one fault at a time.
/// </summary>
/// <param name="silos">Silos, one slot each.</param>
/// <param name="steps">Training steps a job: enough that none ends before its fault.</param>
/// <param name="rounds">How often each fault happens.</param>
internal sealed class FailOverRun(int silos, int steps, int rounds)
{
    private const string KillAll = "kill-all";

    // Into the middle between two checkpoints.
    private const int AtStep = 25;

    // Longer than it takes to evict a silo that stands still.
    private static readonly TimeSpan s_frozen = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan s_down = TimeSpan.FromSeconds(1);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ChaosJobs _jobs = new(steps);

    /// <summary>Does it all.</summary>
    /// <param name="cancellationToken">Stops; all processes end.</param>
    public async Task<FailOverReport> ExecuteAsync(CancellationToken cancellationToken)
    {
        var root = Directory.CreateTempSubdirectory("oneshot-fail-over-").FullName;
        try
        {
            var means = await ChaosMeans.FindAsync(root, []);
            await using var cluster = await ChaosCluster.StartAsync(root, silos, means, _jobs.RegisterModel);
            await using var client = await cluster.ConnectAsync(cancellationToken);
            var inputs = await ChaosJobs.UploadAsync(cluster.Store, cancellationToken);
            var calm = await (await _jobs.SubmitAsync(client, inputs, 0, cancellationToken)).GetResultAsync(cancellationToken);
            var expected = JobCheck.ResultHash(calm);
            var (faults, violations) = (new List<FailOver>(), new List<string>());
            for (var round = 0; round < rounds; round++)
            {
                foreach (var name in (string[])["kill", "freeze", "drain", KillAll])
                {
                    await WhenCompleteAsync(cluster, client, cancellationToken);
                    var handle = await _jobs.SubmitAsync(client, inputs, 0, cancellationToken);
                    var (began, target) = await HitAsync(cluster, client, name, cancellationToken);
                    await Calls.UntilDoneAsync(() => handle.GetResultAsync(cancellationToken), cancellationToken);
                    var findings = await new JobCheck(Watched.Of(handle), cluster.Store, steps).CheckAsync(expected, cancellationToken);
                    violations.AddRange(findings.Violations);
                    if (findings.Steps.FirstOrDefault(step => step.Epoch > target.Epoch) is not { } next)
                    {
                        violations.Add($"{handle.Id}: was over before {name} could hit it; give it more --steps");
                        continue;
                    }

                    faults.Add(
                        new FailOver
                        {
                            Fault = name,
                            Gap = Math.Round((next.Time - began).TotalSeconds, 1),
                            StepsRepeated = findings.StepsRepeated,
                            AtStep = target.Step,
                        }
                    );
                    Say(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{name} at step {target.Step}: next step after {faults[^1].Gap:0.0} s, {faults[^1].StepsRepeated} steps repeated"
                        )
                    );
                }
            }

            return new FailOverReport
            {
                Silos = silos,
                Faults = faults,
                Violations = violations,
            };
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private async Task<(DateTimeOffset Began, Target Target)> HitAsync(
        ChaosCluster cluster,
        ClusterClient client,
        string name,
        CancellationToken cancellationToken
    )
    {
        var kind = name switch
        {
            "freeze" => FaultKind.Freeze,
            "drain" => FaultKind.Drain,
            _ => FaultKind.Kill,
        };
        var fault = new Fault(kind, [.. Enumerable.Range(0, silos)], AtStep, TimeSpan.Zero, kind == FaultKind.Freeze ? s_frozen : s_down);
        Target? target = null;
        while (target is null)
        {
            target = await new Aim(client, cluster, steps).TakeAsync(fault, cancellationToken);
        }

        var began = DateTimeOffset.UtcNow;
        await Task.WhenAll((name == KillAll ? fault.Silos : [target.Silo]).Select(silo => cluster.SufferAsync(fault, silo, cancellationToken)));
        return (began, target);
    }

    /// <summary>Waits until every silo offers its slot again.</summary>
    private async Task WhenCompleteAsync(ChaosCluster cluster, ClusterClient client, CancellationToken cancellationToken)
    {
        while (true)
        {
            var offered = (await Calls.UntilDoneAsync(() => client.GetSchedulerAsync(cancellationToken), cancellationToken)).Slots.Keys.ToHashSet();
            if (Enumerable.Range(0, silos).All(silo => cluster.Address(silo) is { } address && offered.Contains(address)))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }

    private void Say(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,6:0.0} s: {what}"));
}
