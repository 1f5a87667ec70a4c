using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Client;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Chaos;

/// <summary>Jobs of the tiny model on a cluster that faults happen to, and a look at each afterwards.</summary>
/// <param name="setting">What to do.</param>
internal sealed class ChaosRun(ChaosSetting setting)
{
    // As many undisturbed runs are made to compare with; jobs share their seeds.
    private const int Seeds = 3;

    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(20);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ChaosJobs _jobs = new(setting.Steps);

    /// <summary>Does it all. The folder stays if something was wrong.</summary>
    /// <param name="cancellationToken">Stops; all processes end.</param>
    public async Task<ChaosReport> ExecuteAsync(CancellationToken cancellationToken)
    {
        var root = Directory.CreateTempSubdirectory("oneshot-chaos-").FullName;
        Say($"seed {setting.Seed}; everything lies in {root}");
        var keep = true;
        try
        {
            var expected = await ReferencesAsync(Path.Combine(root, "calm"), cancellationToken);
            Say("the undisturbed runs are done");
            await using var cluster = await ChaosCluster.StartAsync(Path.Combine(root, "chaos"), setting.Silos, _jobs.RegisterModel);
            await using var client = await cluster.ConnectAsync(cancellationToken);
            var inputs = await ChaosJobs.UploadAsync(cluster.Store, cancellationToken);
            Say("faults begin");
            var submitting = SubmitAllAsync(client, inputs, cancellationToken);
            var faults = await DisturbAsync(cluster, client, cancellationToken);
            var jobs = await submitting;
            Say("faults are over");
            await SettleAsync(jobs, cancellationToken);
            Say("looking at the jobs");
            var findings = new List<JobFindings>();
            foreach (var job in jobs)
            {
                findings.Add(await new JobCheck(job, cluster.Store, setting.Steps).CheckAsync(expected, cancellationToken));
            }

            var report = await SummariseAsync(cluster, faults, findings, Path.Combine(root, "violation"), cancellationToken);
            keep = report.Violations.Count > 0;
            return report;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            keep = false;
            throw;
        }
        finally
        {
            if (!keep)
            {
                Directory.Delete(root, recursive: true);
            }
        }
    }

    private async Task<Dictionary<long, string>> ReferencesAsync(string root, CancellationToken cancellationToken)
    {
        await using var calm = await ChaosCluster.StartAsync(root, 1, _jobs.RegisterModel);
        await using var client = await calm.ConnectAsync(cancellationToken);
        var inputs = await ChaosJobs.UploadAsync(calm.Store, cancellationToken);
        var hashes = new Dictionary<long, string>();
        foreach (var i in Enumerable.Range(0, Seeds))
        {
            var status = await (await _jobs.SubmitAsync(client, inputs, i, cancellationToken)).GetResultAsync(cancellationToken);
            hashes[status.Request.Seed] = JobCheck.LoraHash(status);
        }

        return hashes;
    }

    private async Task<IReadOnlyList<ImplantationHandle>> SubmitAllAsync(OneShotClient client, ChaosInputs inputs, CancellationToken cancellationToken)
    {
        var (jobs, clock) = (new List<ImplantationHandle>(), Stopwatch.StartNew());
        foreach (var time in Fault.Submissions(setting))
        {
            if (time > clock.Elapsed)
            {
                await Task.Delay(time - clock.Elapsed, cancellationToken);
            }

            jobs.Add(await _jobs.SubmitAsync(client, inputs, jobs.Count % Seeds, cancellationToken));
        }

        Say($"all {jobs.Count} jobs are submitted");
        return jobs;
    }

    private async Task<List<SufferedFault>> DisturbAsync(ChaosCluster cluster, OneShotClient client, CancellationToken cancellationToken)
    {
        var (faults, clock, aim) = (new List<SufferedFault>(), Stopwatch.StartNew(), new Aim(client, cluster, setting.Steps));
        foreach (var fault in Fault.Schedule(setting))
        {
            await Task.Delay(fault.After, cancellationToken);
            var target = await aim.TakeAsync(fault, cancellationToken);
            if (clock.Elapsed.TotalMinutes >= setting.Minutes)
            {
                break;
            }

            // Nothing trains: what all share may still fail. A silo may not, since a job that prepares there could die the third time.
            if (target is null && fault.IsOfSilo)
            {
                continue;
            }

            var silo = target?.Silo ?? -1;
            var began = DateTimeOffset.UtcNow;
            await cluster.SufferAsync(fault, silo, cancellationToken);
            faults.Add(new SufferedFault
            {
                Kind = fault.Kind,
                Silo = fault.IsOfSilo ? silo : null,
                Began = began,
                Ended = DateTimeOffset.UtcNow,
                Job = target?.JobId,
                Epoch = target?.Epoch,
                Step = target?.Step,
            });
            var hit = target is null ? "nothing in training" : string.Create(CultureInfo.InvariantCulture, $"{target.JobId} in epoch {target.Epoch} at step {target.Step}");
            Say(string.Create(CultureInfo.InvariantCulture, $"{faults[^1]} for {(faults[^1].Ended - began).TotalSeconds:0.0} s: {hit}"));
        }

        return faults;
    }

    private async Task SettleAsync(IReadOnlyList<ImplantationHandle> jobs, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        foreach (var job in jobs)
        {
            while (clock.Elapsed < Settling && !(await Calls.UntilDoneAsync(() => job.GetStatusAsync(cancellationToken), cancellationToken)).State.IsFinal())
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
        }
    }

    private async Task<ChaosReport> SummariseAsync(
        ChaosCluster cluster, IReadOnlyList<SufferedFault> suffered, List<JobFindings> findings, string folder, CancellationToken cancellationToken)
    {
        var faults = suffered.Select(fault => fault with { InTraining = IsInTraining(fault, findings) }).ToList();
        var worst = findings.MaxBy(job => job.LongestGap.To - job.LongestGap.From)!;
        var (from, to) = worst.LongestGap;
        var first = findings.FirstOrDefault(job => job.Violations.Count > 0);
        return new ChaosReport
        {
            Seed = setting.Seed,
            Jobs = findings.Count,
            Succeeded = findings.Count(job => job.Violations.Count == 0),
            Faults = Count(faults),
            FaultsInTraining = faults.Count(fault => fault.InTraining),
            FaultsInTrainingByKind = Count(faults.Where(fault => fault.InTraining)),
            Kills = faults.Count(fault => fault.Kind == FaultKind.Kill),
            SilosEndedByThemselves = cluster.EndedByThemselves,
            Resumes = findings.Sum(job => job.Resumes),
            StepsRepeated = findings.Sum(job => job.StepsRepeated),
            StepsTaken = findings.Sum(job => job.Steps.Count),
            LongestGapSeconds = Math.Round((to - from).TotalSeconds, 1),
            LongestGapJob = worst.JobId,
            LongestGapFaults = [.. faults.Where(fault => fault.Began <= to && fault.Ended >= from).Select(fault => fault.ToString())],
            LeftOverFiles = findings.Sum(job => job.LeftOver),
            LeftOverWorkFolders = cluster.DataFolders.Select(data => DataFolder.Resolve(data).Work).Where(Directory.Exists).Sum(work => Directory.GetDirectories(work).Length),
            Seconds = Math.Round(_clock.Elapsed.TotalSeconds, 1),
            Violations = [.. findings.SelectMany(job => job.Violations)],
            Logs = first is null ? [] : [.. await SaveLogAsync(cluster.Store, first.JobId, folder, cancellationToken), .. cluster.Logs],
            Schedule = faults,
        };
    }

    private static Dictionary<string, int> Count(IEnumerable<SufferedFault> faults) => faults.GroupBy(fault => fault.Kind).OrderBy(kind => kind.Key).ToDictionary(kind => kind.Key.ToString(), kind => kind.Count());

    private static bool IsInTraining(SufferedFault fault, IEnumerable<JobFindings> findings) =>
        findings.FirstOrDefault(job => job.JobId == fault.Job) is { } job && job.Steps.Any(step => step.Time < fault.Began) && job.Steps.Any(step => step.Time > fault.Began);

    private static async Task<List<string>> SaveLogAsync(IArtifactStore store, string jobId, string folder, CancellationToken cancellationToken)
    {
        var saved = new List<string>();
        await foreach (var file in store.ListAsync(BlobPaths.Job(jobId), cancellationToken))
        {
            if (file.Path.EndsWith(".jsonl", StringComparison.Ordinal) || file.Path.EndsWith("manifest.json", StringComparison.Ordinal))
            {
                saved.Add(Path.Combine(folder, file.Path));
                Directory.CreateDirectory(Path.GetDirectoryName(saved[^1])!);
                await File.WriteAllBytesAsync(saved[^1], await store.ReadAllBytesAsync(file.Path, cancellationToken) ?? [], cancellationToken);
            }
        }

        return saved;
    }

    private void Say(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,6:0.0} s: {what}"));
}
