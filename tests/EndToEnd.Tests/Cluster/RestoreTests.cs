using System.Text.Json.Nodes;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.EndToEnd.Tests.Http;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.Recipe;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Cluster;

/// <summary>The drill of docs/OPERATIONS.md, step by step: Redis from its backup beside a store that went on.</summary>
public sealed class RestoreTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(6);

    private readonly TestFolder _folder = new();
    private readonly CancellationTokenSource _limit = new(s_limit);

    private CancellationToken Limit => _limit.Token;

    [Fact]
    public async Task RedisFromItsBackup_BesideNewerFiles_LosesAndRepeatsNoFinishedJob()
    {
        await using var redis = await RedisServer.StartAsync();
        await DrillAsync(redis, []);
        Assert.All(_finished, id => Assert.Equal(["1"], Epochs(id)));
        Assert.Equal(["1", "2"], Epochs(_unfinished));
    }

    [Fact]
    public async Task RedisFromItsBackup_BesideNewerBlobs_LosesAndRepeatsNoFinishedJob()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var blobs = await AzuriteServer.StartAsync();
        await DrillAsync(redis, new() { ["ONESHOT_BLOBS_CONNECTION"] = blobs.ConnectionString });
    }

    private readonly List<string> _finished = [];
    private string _unfinished = "";

    private async Task DrillAsync(RedisServer redis, Dictionary<string, string> environment)
    {
        string[] cluster = ["--cluster", redis.Address, "--data", _folder.Data];
        var backup = _folder["dump.rdb"];
        Dictionary<string, (string Manifest, SortedDictionary<string, string> Files)> before = [];
        string deleted;
        await using (var silo = OneShotProcess.Start(environment, ["serve", .. cluster, "--urls", "http://127.0.0.1:0"]))
        {
            await using var client = OneShotClient.Connect(HttpServer.AddressIn(await silo.SaysAsync(HttpServer.IsReady)));
            var early = await client.ImplantAsync(Cat(3), cancellationToken: Limit);
            var removed = await client.ImplantAsync(Cat(2), cancellationToken: Limit);
            await early.GetResultAsync(Limit);
            await removed.GetResultAsync(Limit);
            var running = await client.ImplantAsync(Cat(40), cancellationToken: Limit);
            var drawing = await client.GenerateAsync(
                new Client.Generations.Generation("a <cat> in the snow")
                {
                    Implantations = [new ImplantationReference { Id = early.Id }],
                    Steps = 3,
                    Seed = 7,
                },
                Limit
            );
            // Goes last: of an owner's jobs the highest priority starts first.
            var last = await client.ImplantAsync(Cat(40, priority: -10), cancellationToken: Limit);
            await TrainsAsync(running, 2);

            await redis.BackUpAsync(backup);

            Assert.Equal(JobState.Training, (await running.GetStatusAsync(Limit)).State);
            var late = await client.ImplantAsync(Cat(4), cancellationToken: Limit);
            await removed.DeleteAsync(Limit);
            before[early.Id] = await FetchAsync(await early.GetResultAsync(Limit), "early");
            before[running.Id] = await FetchAsync(await running.GetResultAsync(Limit), "running");
            before[drawing.Id] = await FetchAsync(await drawing.GetResultAsync(Limit), "drawing");
            before[late.Id] = await FetchAsync(await late.GetResultAsync(Limit), "late");
            // Behind a checkpoint that the backup knows nothing of.
            await TrainsAsync(last, 12);
            (_unfinished, deleted) = (last.Id, removed.Id);
            _finished.AddRange([early.Id, running.Id, drawing.Id, late.Id]);
            silo.Kill();
        }

        await redis.PutBackAsync(backup);

        await using var next = OneShotProcess.Start(environment, ["serve", .. cluster, "--urls", "http://127.0.0.1:0"]);
        await using var again = OneShotClient.Connect(HttpServer.AddressIn(await next.SaysAsync(HttpServer.IsReady)));
        var dry = (await OneShotProcess.RunAsync(environment, ["jobs", "recover", .. cluster, "--dry-run", "--format", "json"])).Expect(0).Document;
        Assert.Contains(_finished[^1], Ids(dry, "recovered"));
        var report = (await OneShotProcess.RunAsync(environment, ["jobs", "recover", .. cluster, "--format", "json"])).Expect(0).Document;
        Assert.Contains(_finished[^1], Ids(report, "recovered"));
        Assert.DoesNotContain(Ids(report, "recovered"), id => !_finished[1..].Contains(id));
        Assert.Empty(Ids(report, "unfinished"));
        Assert.Empty(report["failed"]!.AsArray());
        Assert.Equal([deleted], Ids(report, "lost"));

        // What had finished is there, unchanged.
        foreach (var id in _finished)
        {
            var job = before[id];
            var now =
                id == _finished[2]
                    ? await FetchAsync(await again.GetGeneration(id).GetResultAsync(Limit), $"again-{id}")
                    : await FetchAsync(await again.GetImplantation(id).GetResultAsync(Limit), $"again-{id}");
            Assert.Equal(job.Manifest, now.Manifest);
            Assert.Equal(job.Files, now.Files);
        }
        var listed = await again.ListImplantationsAsync(cancellationToken: Limit).ToDictionaryAsync(job => job.Id, job => job.State, cancellationToken: Limit);
        Assert.All(_finished.Where(id => id != _finished[2]), id => Assert.Equal(JobState.Succeeded, listed[id]));
        var events = await again.GetImplantation(_finished[1]).WatchAsync(cancellationToken: Limit).ToListAsync(Limit);
        Assert.Equal("Its result was already published by epoch 1; the job's state came from an older backup.", events[^1].Message);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(item => item.Sequence));

        // What was deleted since says so, and goes.
        var gone = (await OneShotProcess.RunAsync(environment, ["jobs", "download", deleted, .. cluster, "--out", _folder["gone"]])).Expect(1);
        Assert.Contains($"The store holds no result of job {deleted} any more: ", gone.Error, StringComparison.Ordinal);
        var lost = await again.GetImplantation(deleted).GetResultAsync(Limit);
        var error = await Assert.ThrowsAsync<OneShotException>(() => lost.DownloadAsync(_folder["gone"], cancellationToken: Limit));
        Assert.StartsWith($"The store holds no result of job {deleted} any more: ", error.Message, StringComparison.Ordinal);
        (await OneShotProcess.RunAsync(environment, ["jobs", "delete", deleted, .. cluster])).Expect(0);

        // What had not finished does, above its old epoch, with the weights of its like.
        var end = await again.GetImplantation(_unfinished).GetResultAsync(Limit);
        Assert.Equal((JobState.Succeeded, 2L), (end.Status.State, end.Status.Epoch));
        Assert.Equal(before[_finished[1]].Files["cat.safetensors"], (await FetchAsync(end, "last")).Files["cat.safetensors"]);
        await next.TerminateAsync();
        (await next.EndAsync()).Expect(0);
    }

    public void Dispose()
    {
        _limit.Dispose();
        _folder.Dispose();
    }

    private static Client.Implantations.Implantation Cat(int steps, int priority = 0) =>
        new(Repository.Sample("cat.png"))
        {
            Objects = [new("cat", Repository.Sample("cat-mask.png"))],
            Priority = priority,
            Seed = 7,
            Training = new TrainingOptions { Steps = steps, Precision = Precision.Fp32 },
            Samples = new SampleOptions { PerPrompt = 0 },
        };

    private async Task TrainsAsync(ImplantationHandle job, int step)
    {
        await foreach (var progress in job.WatchAsync(cancellationToken: Limit))
        {
            if (progress.Stage == JobState.Training && progress.Step >= step)
            {
                return;
            }
        }

        Assert.Fail($"Job {job.Id} ended before step {step}.");
    }

    /// <summary>The manifest's hash, and what a download gives, which compares every file with its own.</summary>
    private async Task<(string Manifest, SortedDictionary<string, string> Files)> FetchAsync<TStatus>(JobResult<TStatus> result, string folder)
        where TStatus : class, IJobStatus
    {
        await result.DownloadAsync(_folder[folder], cancellationToken: Limit);
        return (result.Status.Manifest!.Sha256, TestFolder.Hash(_folder[folder]));
    }

    private static List<string> Ids(JsonObject report, string name) => [.. report[name]!.AsArray().Select(id => (string)id!)];

    /// <summary>The epochs that somebody worked in; 0 is the time before the first.</summary>
    private IEnumerable<string> Epochs(string id) =>
        Directory
            .EnumerateDirectories(Path.Combine(_folder.Job(id), "epochs"))
            .Select(folder => Path.GetFileName(folder))
            .Where(epoch => epoch != "0")
            .Order(StringComparer.Ordinal);
}
