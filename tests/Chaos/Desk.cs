using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Chaos;

/// <summary>
/// Submits the jobs: most through the library, every fourth by the command line, which follows its job. Some are taken back, some of those are run again, and
/// with some pictures are drawn when they have succeeded.
/// </summary>
/// <param name="setting">Seed, jobs and minutes.</param>
/// <param name="cluster">The cluster.</param>
/// <param name="client">Its client.</param>
/// <param name="jobs">What to submit.</param>
/// <param name="expected">What undisturbed runs have made.</param>
/// <param name="told">What users hear.</param>
/// <param name="folder">Folders of the users who type.</param>
internal sealed class Desk(ChaosSetting setting, ChaosCluster cluster, ClusterClient client, ChaosJobs jobs, References expected, Told told, string folder)
{
    private const int Seeds = References.Seeds;
    private readonly ConcurrentQueue<ChaosJob> _jobs = new();
    private readonly ConcurrentQueue<ChaosJob> _generations = new();
    private readonly ConcurrentQueue<Task> _users = new();
    private int _unanswered;

    /// <summary>All jobs whose submission was acknowledged.</summary>
    public IReadOnlyList<ChaosJob> Jobs => [.. _jobs];

    /// <summary>All generations whose submission was acknowledged.</summary>
    public IReadOnlyList<ChaosJob> Generations => [.. _generations];

    /// <summary>Submissions that somebody gave up without an answer: the job may be there, or not.</summary>
    public int Unanswered => _unanswered;

    /// <summary>Submits all of the schedule.</summary>
    /// <param name="inputs">Photo and mask.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task SubmitAllAsync(ChaosInputs inputs, CancellationToken cancellationToken)
    {
        var (clock, random) = (Stopwatch.StartNew(), new Random(setting.Seed ^ 0x5eed));
        foreach (var (i, time) in Fault.Submissions(setting).Index())
        {
            if (time > clock.Elapsed)
            {
                await Task.Delay(time - clock.Elapsed, cancellationToken);
            }

            var (pause, choice) = (TimeSpan.FromMilliseconds(random.Next(500, 25_000)), random.Next(2));
            if (i % 4 == 1)
            {
                Begin(TypeAsync(i, i % 8 == 5 ? pause : null, cancellationToken));
                continue;
            }

            var job = await SubmitAsync(inputs, i % Seeds, null, cancellationToken, isDrawnWith: i % 8 == 3);
            if (i % 8 == 6)
            {
                Begin(TakeBackAsync(job, pause, byCommand: choice == 0, isRetried: i % 16 == 6, cancellationToken));
            }
            else if (job.IsDrawnWith)
            {
                Begin(DrawAsync(job, i % Seeds, cancellationToken));
            }
            else if (i % 8 == 2)
            {
                Begin(FollowAsync(job, "jobs watch", [job.Handle.Id], Path.Combine(folder, $"watch-{i}"), cancellationToken));
            }
        }
    }

    /// <summary>Waits for everybody who types.</summary>
    public async Task WhenDoneAsync()
    {
        while (_users.TryDequeue(out var user))
        {
            await user;
        }
    }

    /// <summary>Has somebody do something beside everything else.</summary>
    /// <param name="user">What he does.</param>
    public void Begin(Task user) => _users.Enqueue(user);

    /// <summary>Submits a job by the library, and watches it.</summary>
    /// <param name="inputs">Photo and mask.</param>
    /// <param name="seed">The job's seed.</param>
    /// <param name="damaged">Which input will be damaged; null: none.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <param name="isDrawnWith">Whether a generation will read its result.</param>
    public async Task<ChaosJob> SubmitAsync(ChaosInputs inputs, long seed, string? damaged, CancellationToken cancellationToken, bool isDrawnWith = false)
    {
        var handle = await jobs.SubmitAsync(client, inputs, seed, cancellationToken);
        told.Count("submitted by the library");
        return Note(handle, expected.OfLibrary[seed], damaged, cancellationToken, isDrawnWith);
    }

    /// <summary>Runs a job again that has ended without a result, and watches it again. Whoever is not answered asks again.</summary>
    /// <param name="job">The job.</param>
    /// <param name="byCommand">By the command line.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    public async Task RetryAsync(ChaosJob job, bool byCommand, CancellationToken cancellationToken)
    {
        await job.Watching.WaitAsync(cancellationToken);
        var retries = Watched.RetriesOf(await Calls.UntilDoneAsync(() => job.Handle.GetStatusAsync(cancellationToken), cancellationToken));
        while (!await TryRetryAsync(job, byCommand, cancellationToken))
        {
            // The answer may have been lost, and the retry not.
            var status = await Calls.UntilDoneAsync(() => job.Handle.GetStatusAsync(cancellationToken), cancellationToken);
            if (Watched.RetriesOf(status) > retries)
            {
                break;
            }

            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }

        job.Retried = true;
        told.Count(byCommand ? "retried by jobs retry" : "retried by the library");
        await job.Watcher.RunAsync(cancellationToken);
        var ended = await Calls.UntilDoneAsync(() => job.Handle.GetStatusAsync(cancellationToken), cancellationToken);
        if (Watched.RetriesOf(ended) != retries + 1)
        {
            told.Violate($"{job.Handle.Id}: one user retried it once, and it says that it was retried {Watched.RetriesOf(ended)} times, after {retries}");
        }
    }

    // True: it was acknowledged.
    private async Task<bool> TryRetryAsync(ChaosJob job, bool byCommand, CancellationToken cancellationToken)
    {
        if (byCommand)
        {
            using var run = CommandLine.Start(cluster, Path.Combine(folder, "retry"), "jobs retry", job.Handle.Id);
            return await told.EndAsync(run, null, cancellationToken) && run.ExitCode == 0;
        }

        try
        {
            await client.GetImplantation(job.Handle.Id).RetryAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (Calls.MayPass(e, cancellationToken) || e is OneShotException { Code: ErrorCodes.Conflict })
        {
            return false;
        }
    }

    private ChaosJob Note(ClusterImplantation handle, string hash, string? damaged, CancellationToken cancellationToken, bool isDrawnWith = false)
    {
        var job = Watch(Watched.Of(handle), hash, cancellationToken) with { Damaged = damaged, IsDrawnWith = isDrawnWith };
        _jobs.Enqueue(job);
        return job;
    }

    private static ChaosJob Watch(Watched handle, string hash, CancellationToken cancellationToken)
    {
        var watcher = new Watcher(handle);
        return new ChaosJob(handle, hash, watcher) { Watching = watcher.RunAsync(cancellationToken) };
    }

    // Pictures with a job's result, once it has one.
    private async Task DrawAsync(ChaosJob job, long seed, CancellationToken cancellationToken)
    {
        await job.Watching.WaitAsync(cancellationToken);
        if ((await Calls.UntilDoneAsync(() => job.Handle.GetStatusAsync(cancellationToken), cancellationToken)).State != JobState.Succeeded)
        {
            return;
        }

        try
        {
            var generation = await jobs.DrawAsync(client, job.Handle.Id, seed, cancellationToken);
            told.Count("generation submitted by the library");
            _generations.Enqueue(Watch(Watched.Of(generation), expected.OfGenerations[seed], cancellationToken));
        }
        catch (OneShotException e) when (!Calls.MayPass(e, cancellationToken) && !cancellationToken.IsCancellationRequested)
        {
            told.Violate($"{job.Handle.Id}: it has succeeded, and a generation with it is refused: {e.Message}");
        }
    }

    // oneshot implant, and Ctrl-C after a while; who is not told of a job, tries again.
    private async Task TypeAsync(int i, TimeSpan? interrupted, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (data, target) = (Path.Combine(folder, $"implant-{i}"), Path.Combine(folder, $"implant-{i}", "out"));
            using var run = CommandLine.Start(cluster, data, "implant", [.. jobs.ToArguments(0), "--out", target]);
            if (await told.JobAsync(run, cancellationToken) is not { } id)
            {
                Interlocked.Increment(ref _unanswered);
                await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
                continue;
            }

            told.Count("submitted by implant");
            var job = Note(client.GetImplantation(id), expected.OfImplant, null, cancellationToken);
            if (interrupted is { } pause)
            {
                await Task.Delay(pause, cancellationToken);
                await run.InterruptAsync();
            }

            var ended = await told.EndAsync(run, interrupted is null ? job.Watching : null, cancellationToken);
            if (!ended || !await JudgeAsync(job, run, interrupted is not null, cancellationToken))
            {
                await FollowAsync(job, "jobs watch", [id], data, cancellationToken);
                await FollowAsync(job, "jobs download", [id, "--out", target], data, cancellationToken);
            }

            await CheckFolderAsync(job, target, cancellationToken);
            return;
        }
    }

    // Asks until it is answered: exit code and events agree with the job.
    private async Task FollowAsync(ChaosJob job, string command, string[] arguments, string data, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var run = CommandLine.Start(cluster, data, command, arguments);
            if (!await told.EndAsync(run, job.Watching, cancellationToken))
            {
                return;
            }

            if (command == "jobs watch")
            {
                CheckEvents(job, run);
            }

            if (await JudgeAsync(job, run, false, cancellationToken))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        }
    }

    // True: the command has told the job's end.
    private async Task<bool> JudgeAsync(ChaosJob job, CommandLine run, bool interrupted, CancellationToken cancellationToken)
    {
        if (run.ExitCode == 130 && !interrupted)
        {
            told.Violate($"{job.Handle.Id}: {run.Command} ended with 130, and nobody had interrupted it");
        }

        if (run.ExitCode is 4 or 130)
        {
            return false;
        }

        // It may have been told to by a store that was away.
        var status = await Calls.UntilDoneAsync(() => job.Handle.GetStatusAsync(cancellationToken), cancellationToken);
        if (run.ExitCode == 1 && status.State != JobState.Failed)
        {
            told.Count($"{run.Command}: failed beside its job");
            return false;
        }

        var agrees = (run.ExitCode, status.State) is (0, JobState.Succeeded) or (3, JobState.Cancelled) or (1, JobState.Failed);
        if (!agrees)
        {
            told.Violate($"{job.Handle.Id}: {run.Command} ended with {run.ExitCode}, and the job is {status.State}: {run.Words.Trim()}");
        }

        return true;
    }

    private void CheckEvents(ChaosJob job, CommandLine run)
    {
        var next = 1L;
        foreach (var document in run.Lines.Select(CommandLine.TryParse).Where(document => document?["seq"] is not null))
        {
            if ((long)document!["seq"]! != next)
            {
                told.Violate($"{job.Handle.Id}: jobs watch printed event {document["seq"]} where {next} was due");
                return;
            }

            next++;
        }
    }

    // "Done" means: there are the files that the job has published.
    private async Task CheckFolderAsync(ChaosJob job, string target, CancellationToken cancellationToken)
    {
        var status = await Calls.UntilDoneAsync(() => job.Handle.GetStatusAsync(cancellationToken), cancellationToken);
        foreach (var file in status.State == JobState.Succeeded ? status.Files : [])
        {
            var path = Path.Combine(target, file.Path);
            if (!File.Exists(path) || JobCheck.HashOf(await File.ReadAllBytesAsync(path, cancellationToken)) != file.Sha256)
            {
                told.Violate($"{job.Handle.Id}: {path} is not the file that the job has published");
            }
        }
    }

    private async Task TakeBackAsync(ChaosJob job, TimeSpan pause, bool byCommand, bool isRetried, CancellationToken cancellationToken)
    {
        await TakeBackAsync(job, pause, byCommand, cancellationToken);
        await job.Watching.WaitAsync(cancellationToken);
        var status = await Calls.UntilDoneAsync(() => job.Handle.GetStatusAsync(cancellationToken), cancellationToken);
        if (isRetried && status.State == JobState.Cancelled)
        {
            await RetryAsync(job, !byCommand, cancellationToken);
        }
    }

    private async Task TakeBackAsync(ChaosJob job, TimeSpan pause, bool byCommand, CancellationToken cancellationToken)
    {
        await Task.Delay(pause, cancellationToken);
        job.CancelAsked = true;
        while (true)
        {
            if (!byCommand)
            {
                var status = await Calls.UntilDoneAsync(() => client.GetImplantation(job.Handle.Id).CancelAsync(cancellationToken), cancellationToken);
                job.CancelAcknowledged = status.State == JobState.Cancelled;
                told.Count(job.CancelAcknowledged ? "cancelled by the library" : "came too late to be cancelled");
                return;
            }

            using var run = CommandLine.Start(cluster, Path.Combine(folder, "cancel"), "jobs cancel", job.Handle.Id);
            if (!await told.EndAsync(run, null, cancellationToken))
            {
                continue;
            }

            job.CancelAcknowledged = run.ExitCode == 0;
            if (run.ExitCode == 0 || run.Words.Contains("can't be cancelled any more", StringComparison.Ordinal))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }
    }
}
