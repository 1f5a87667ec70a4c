using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Chaos;

/// <summary>Jobs of the tiny model on a cluster that faults happen to, and a look at each afterwards.</summary>
/// <param name="setting">What to do.</param>
internal sealed class ChaosRun(ChaosSetting setting)
{
    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan s_looking = TimeSpan.FromMinutes(10);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ChaosJobs _jobs = new(setting.Steps);
    private readonly Told _told = new();
    private readonly List<SufferedFault> _faults = [];
    private readonly List<FaultKind> _missed = [];
    private ChaosMeans _means = ChaosMeans.Plain;

    /// <summary>Does it all. The folder stays if something was wrong.</summary>
    /// <param name="cancellationToken">Stops; all processes end.</param>
    public async Task<ChaosReport> ExecuteAsync(CancellationToken cancellationToken)
    {
        var root = Directory.CreateTempSubdirectory("oneshot-chaos-").FullName;
        Say($"seed {setting.Seed}; everything lies in {root}");
        var keep = true;
        try
        {
            _means = await ChaosMeans.FindAsync(root, setting.Faults);
            foreach (var (kind, why) in _means.LeftOut)
            {
                Say($"{FaultKinds.NameOf(kind)} is left out: {why}");
            }

            if (setting.Faults.All(_means.LeftOut.ContainsKey))
            {
                throw new MissingMeansException("None of these faults can be made on this machine.");
            }

            var expected = await References.MakeAsync(Path.Combine(root, "calm"), _jobs, _means, cancellationToken);
            Say("the undisturbed runs are done");
            await using var cluster = await ChaosCluster.StartAsync(Path.Combine(root, "chaos"), setting.Silos, _means, _jobs.RegisterModel);
            await using var client = await cluster.ConnectAsync(cancellationToken);
            var inputs = await ChaosJobs.UploadAsync(cluster.Store, cancellationToken);
            var users = Directory.CreateDirectory(Path.Combine(root, "users")).FullName;
            var desk = new Desk(setting, cluster, client, _jobs, expected, _told, users);
            var lister = new Lister(cluster, client, desk, _told, Path.Combine(users, "list"));
            Say("faults begin");
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var listing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var listed = lister.RunAsync(listing.Token, over.Token);
            var submitting = desk.SubmitAllAsync(inputs, over.Token);
            try
            {
                over.CancelAfter(TimeSpan.FromMinutes(setting.Minutes) + s_settling);
                var damage = new Damage(cluster, desk, _told, users);
                await InTimeAsync(DisturbAsync(cluster, client, damage, over.Token), "a fault was not over in time");
                Say("faults are over");
                _told.Calm = DateTimeOffset.UtcNow;
                over.CancelAfter(s_settling);
                await InTimeAsync(submitting, "not all jobs could be submitted");
                Say($"all {desk.Jobs.Count} jobs are submitted");
                await InTimeAsync(SettleAsync(desk, over.Token), "not everybody had an answer in time");
                await InTimeAsync(DisturbLateAsync(cluster, damage, over.Token), "a download of a damaged result did not end in time");
                await listing.CancelAsync();
                await InTimeAsync(listed, "a list did not end in time");
                Say("looking at the jobs");
                var findings = await LookAsync(cluster, desk, lister, cancellationToken);
                var report = await SummariseAsync(cluster, desk, findings, Path.Combine(root, "violation"), cancellationToken);
                keep = report.Violations.Count > 0;
                return report;
            }
            finally
            {
                await over.CancelAsync();
                await listing.CancelAsync();
                await Task.WhenAll(submitting, listed, desk.WhenDoneAsync()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (Exception e) when (e is MissingMeansException || (e is OperationCanceledException && cancellationToken.IsCancellationRequested))
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

    // What is not over by now hangs. The rest is looked at all the same.
    private async Task InTimeAsync(Task task, string otherwise)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            Say(otherwise);
            _told.Violate(otherwise);
        }
    }

    private async Task DisturbAsync(ChaosCluster cluster, ClusterClient client, Damage damage, CancellationToken cancellationToken)
    {
        var (clock, aim) = (Stopwatch.StartNew(), new Aim(client, cluster, setting.Steps));
        foreach (var fault in Fault.Schedule(setting))
        {
            if (_means.LeftOut.ContainsKey(fault.Kind))
            {
                continue;
            }

            await Task.Delay(fault.After, cancellationToken);
            var target = fault.Kind is FaultKind.FlipInput or FaultKind.FlipResult ? null : await aim.TakeAsync(fault, cancellationToken);
            if (clock.Elapsed.TotalMinutes >= setting.Minutes)
            {
                break;
            }

            // Nothing trains: what all share may still fail. A silo may not, since a job that prepares there could die the third time.
            if (target is null && fault.IsOfSilo)
            {
                _missed.Add(fault.Kind);
                Say($"nothing is in training for {FaultKinds.NameOf(fault.Kind)}: {aim.Why}");
                continue;
            }

            await DisturbAsync(cluster, damage, fault, target, cancellationToken);
        }
    }

    // A short run may have had no result to flip a bit of.
    private async Task DisturbLateAsync(ChaosCluster cluster, Damage damage, CancellationToken cancellationToken)
    {
        if (setting.Faults.Contains(FaultKind.FlipResult) && _faults.All(fault => fault.Kind != FaultKind.FlipResult))
        {
            await DisturbAsync(
                cluster,
                damage,
                new Fault(FaultKind.FlipResult, [], 1, TimeSpan.Zero, TimeSpan.Zero, setting.Seed & 0xFFFF),
                null,
                cancellationToken
            );
        }
    }

    private async Task DisturbAsync(ChaosCluster cluster, Damage damage, Fault fault, Target? target, CancellationToken cancellationToken)
    {
        var began = DateTimeOffset.UtcNow;
        var how = await SufferAsync(cluster, damage, fault, target, cancellationToken);
        if (fault.Kind == FaultKind.FlipResult && how is null)
        {
            _missed.Add(fault.Kind);
            Say("nothing is published yet for flip-result");
            return;
        }

        _faults.Add(
            new SufferedFault
            {
                Kind = fault.Kind,
                Silo = fault.IsOfSilo ? target?.Silo : null,
                How = how,
                Began = began,
                Ended = DateTimeOffset.UtcNow,
                Job = target?.JobId,
                Epoch = target?.Epoch,
                Step = target?.Step,
            }
        );
        var hit = target is null
            ? "nothing in training"
            : string.Create(CultureInfo.InvariantCulture, $"{target.JobId} in epoch {target.Epoch} at step {target.Step}");
        Say(string.Create(CultureInfo.InvariantCulture, $"{_faults[^1]} for {(_faults[^1].Ended - began).TotalSeconds:0.0} s: {hit}"));
    }

    private static async Task<string?> SufferAsync(ChaosCluster cluster, Damage damage, Fault fault, Target? target, CancellationToken cancellationToken)
    {
        switch (fault.Kind)
        {
            case FaultKind.FlipInput:
                await damage.FlipInputAsync(fault, cancellationToken);
                return fault.Variant % 2 == 0 ? "a photo" : "a mask";
            case FaultKind.FlipResult:
                return await damage.FlipResultAsync(fault, cancellationToken) is { } job ? $"of {job}" : null;
            case FaultKind.FlipCheckpoint:
                // It must not write another one meanwhile.
                await cluster.StopAsync(target!.Silo);
                var flipped = await damage.FlipCheckpointsAsync(fault, target, cancellationToken);
                await cluster.SufferAsync(fault, target.Silo, cancellationToken);
                return string.Create(CultureInfo.InvariantCulture, $"{flipped} of its checkpoints");
            default:
                await cluster.SufferAsync(fault, target?.Silo ?? -1, cancellationToken);
                return ChaosCluster.Describe(fault);
        }
    }

    private static async Task SettleAsync(Desk desk, CancellationToken limit)
    {
        await desk.WhenDoneAsync();
        foreach (var job in desk.Jobs.Concat(desk.Generations))
        {
            await job.Watching.WaitAsync(limit);
        }
    }

    // What was acknowledged is listed; what is listed was acknowledged, or nobody knows.
    private async Task<List<JobFindings>> LookAsync(ChaosCluster cluster, Desk desk, Lister lister, CancellationToken cancellationToken)
    {
        var findings = new List<JobFindings>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_looking);
        foreach (var (job, steps) in desk.Jobs.Select(job => (job, setting.Steps)).Concat(desk.Generations.Select(job => (job, 0))))
        {
            await InTimeAsync(AddAsync(job, steps), $"{job.Handle.Id}: nobody answers for it after the faults");
        }

        async Task AddAsync(ChaosJob job, int steps) =>
            findings.Add(await new JobCheck(job.Handle, cluster.Store, steps, job).CheckAsync(job.Expected, limit.Token));

        var states = findings.ToDictionary(job => job.JobId, job => job.State, StringComparer.Ordinal);
        foreach (var byCommand in (bool[])[false, true])
        {
            IReadOnlyDictionary<string, JobState>? listed = null;
            for (var attempt = 0; listed is null && attempt < 5; attempt++)
            {
                listed = await lister.LookAsync(byCommand, cancellationToken);
            }

            if (listed is null)
            {
                _told.Violate("nobody lists the jobs after the faults");
                continue;
            }

            foreach (var (id, state) in listed.Where(job => states.TryGetValue(job.Key, out var known) && known != job.Value))
            {
                _told.Violate($"{id}: the list says {state}, and the job {states[id]}");
            }

            var unknown = listed.Keys.Count(id => !states.ContainsKey(id));
            if (unknown > desk.Unanswered)
            {
                _told.Violate($"the list has {unknown} jobs of which no user was told, and {desk.Unanswered} submissions were not answered");
            }
        }

        cluster.Troubles.ToList().ForEach(_told.Violate);

        return findings;
    }

    private async Task<ChaosReport> SummariseAsync(
        ChaosCluster cluster,
        Desk desk,
        List<JobFindings> findings,
        string folder,
        CancellationToken cancellationToken
    )
    {
        var faults = _faults.Select(fault => fault with { InTraining = IsInTraining(fault, findings) }).ToList();
        var worst = findings.MaxBy(job => job.LongestGap.To - job.LongestGap.From);
        var (from, to) = worst?.LongestGap ?? default;
        var first = findings.FirstOrDefault(job => job.Violations.Count > 0);
        string[] violations = [.. findings.SelectMany(job => job.Violations), .. _told.Violations];
        return new ChaosReport
        {
            Seed = setting.Seed,
            Jobs = findings.Count,
            Generations = desk.Generations.Count,
            Retried = desk.Jobs.Count(job => job.Retried),
            LeftOut = _means.LeftOut.ToDictionary(kind => FaultKinds.NameOf(kind.Key), kind => kind.Value),
            Cancelled = findings.Count(job => job.State == JobState.Cancelled && job.Violations.Count == 0),
            Refused = findings.Count(job => job.State == JobState.Failed && job.Violations.Count == 0),
            Told = _told.Counts,
            EventsWatched = desk.Jobs.Concat(desk.Generations).Sum(job => job.Watcher.Seen.Count),
            Succeeded = findings.Count(job => job.Violations.Count == 0),
            Faults = Count(faults),
            Missed = _missed.GroupBy(kind => kind).OrderBy(kind => kind.Key).ToDictionary(kind => kind.Key.ToString(), kind => kind.Count()),
            FaultsInTraining = faults.Count(fault => fault.InTraining),
            FaultsInTrainingByKind = Count(faults.Where(fault => fault.InTraining)),
            Kills = faults.Count(fault => fault.Kind is FaultKind.Kill or FaultKind.FlipCheckpoint or FaultKind.RedisKill),
            SilosEndedByThemselves = cluster.EndedByThemselves,
            Resumes = findings.Sum(job => job.Resumes),
            DroppedCheckpoints = findings.Sum(job => job.DroppedCheckpoints),
            StepsRepeated = findings.Sum(job => job.StepsRepeated),
            StepsTaken = findings.Sum(job => job.Steps.Count),
            LongestGapSeconds = Math.Round((to - from).TotalSeconds, 1),
            LongestGapJob = worst?.JobId,
            LongestGapFaults = [.. faults.Where(fault => fault.Began <= to && fault.Ended >= from).Select(fault => fault.ToString())],
            LeftOverFiles = findings.Sum(job => job.LeftOver),
            LeftOverWorkFolders = cluster
                .DataFolders.Select(data => DataFolder.Resolve(data).Work)
                .Where(Directory.Exists)
                .Sum(work => Directory.GetDirectories(work).Length),
            Seconds = Math.Round(_clock.Elapsed.TotalSeconds, 1),
            Violations = violations,
            Logs =
                violations.Length == 0
                    ? []
                    : [.. first is null ? [] : await SaveLogAsync(cluster.Store, first.JobId, folder, cancellationToken), .. SaveLogs(cluster, folder)],
            Schedule = faults,
        };
    }

    private static Dictionary<string, int> Count(IEnumerable<SufferedFault> faults) =>
        faults.GroupBy(fault => fault.Kind).OrderBy(kind => kind.Key).ToDictionary(kind => kind.Key.ToString(), kind => kind.Count());

    private static bool IsInTraining(SufferedFault fault, IEnumerable<JobFindings> findings) =>
        findings.FirstOrDefault(job => job.JobId == fault.Job) is { } job
        && job.Steps.Any(step => step.Time < fault.Began)
        && job.Steps.Any(step => step.Time > fault.Began);

    private static async Task<List<string>> SaveLogAsync(IArtifactStore store, string jobId, string folder, CancellationToken cancellationToken)
    {
        var saved = new List<string>();
        await foreach (var file in store.ListAsync(StorePaths.Job(jobId), cancellationToken))
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

    // Silos' disks go with the run.
    private static List<string> SaveLogs(ChaosCluster cluster, string folder)
    {
        var saved = new List<string>();
        foreach (var log in cluster.Logs.Where(File.Exists))
        {
            saved.Add(
                Path.Combine(
                    Directory.CreateDirectory(Path.Combine(folder, Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(log))!))).FullName,
                    Path.GetFileName(log)
                )
            );
            File.Copy(log, saved[^1], overwrite: true);
        }

        return saved;
    }

    private void Say(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,6:0.0} s: {what}"));
}
