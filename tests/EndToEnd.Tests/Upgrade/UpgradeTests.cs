using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Contracts;
using OrleansOneShot.EndToEnd.Tests.Http;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Upgrade;

/// <summary>Four jobs that run while their cluster is upgraded by the steps of docs/OPERATIONS.md, or restarted silo by silo.</summary>
/// <param name="undisturbed">The same job without any of that.</param>
public sealed class UpgradeTests(UndisturbedRun undisturbed) : IClassFixture<UndisturbedRun>, IDisposable
{
    private const int Jobs = 4;
    private const string Drained = "The cluster is drained for an upgrade: silo ";

    private delegate OneShotProcess Start(params IEnumerable<string> arguments);

    private readonly TestFolder _folder = new();
    private readonly List<OneShotProcess> _silos = [];

    [Fact]
    public async Task Upgrade_ToAnotherVersionOfTheContracts_NoStepIsLostAndWeightsAreTheSame()
    {
        using var next = await NextBuild.CreateAsync();
        await using var redis = await RedisServer.StartAsync();
        string[] cluster = ["--cluster", redis.Address, "--data", _folder.Data];
        var control = await StartControlAsync(OneShotProcess.Start, cluster);
        var ids = await SubmitAsync(cluster);
        var trainers = await StartTrainersAsync(cluster);
        await WhenAllTrainAsync(control.Url!, ids);

        // Whoever upgrades too early does no harm: the new silo waits, and says for what.
        var early = Keep(next.Start(["serve", "--slots", "2", .. cluster]));
        await early.SaysAsync(line => line.StartsWith($"Waits for the silos of version {ContractVersion.Current} of the contracts", StringComparison.Ordinal));
        var drain = (await OneShotProcess.RunAsync("cluster", "drain", "--format", "json", "--server", control.Url!.ToString())).Expect(0);
        Assert.Empty(drain.Document["silos"]!.AsArray());
        Assert.Contains("3 silos left, ", drain.Error, StringComparison.Ordinal);
        Assert.Contains("All silos have left.", drain.Error, StringComparison.Ordinal);
        foreach (var silo in trainers.Append(control))
        {
            Assert.Contains(Drained, (await silo.Process.EndAsync()).Expect(0).Error, StringComparison.Ordinal);
        }

        await early.ReadyAsync();
        await StartTrainerAsync(next.Start, cluster);
        // As a supervisor does that starts again what has ended: of the old version nobody comes in any more.
        var again = (await OneShotProcess.RunAsync(["serve", "--upgrade-wait", "0", .. cluster])).Expect(4);
        Assert.Contains($"has version {NextBuild.Version} of the contracts", again.Error, StringComparison.Ordinal);

        await AssertWentOnAsync(ids, id => next.RunAsync(["jobs", "watch", id, "--format", "json", .. cluster]));
    }

    [Fact]
    public async Task Restart_OneSiloAfterAnother_NoStepIsLostAndWeightsAreTheSame()
    {
        await using var redis = await RedisServer.StartAsync();
        string[] cluster = ["--cluster", redis.Address, "--data", _folder.Data];
        var control = await StartControlAsync(OneShotProcess.Start, cluster);
        var ids = await SubmitAsync(cluster);
        var trainers = await StartTrainersAsync(cluster);
        await WhenAllTrainAsync(control.Url!, ids);

        // Trainers never surge: one goes, and only then its successor comes.
        await trainers[0].Process.TerminateAsync();
        (await trainers[0].Process.EndAsync()).Expect(0);
        await StartTrainerAsync(OneShotProcess.Start, cluster);
        // And one by the command, over HTTP.
        var drained = await OneShotProcess.RunAsync("cluster", "drain", "--silo", trainers[1].Address, "--server", control.Url!.ToString());
        Assert.Contains($"Silo {trainers[1].Address} has left; its jobs go on elsewhere.", drained.Expect(0).Error, StringComparison.Ordinal);
        (await trainers[1].Process.EndAsync()).Expect(0);
        await StartTrainerAsync(OneShotProcess.Start, cluster);
        // Control surges by one.
        await StartControlAsync(OneShotProcess.Start, cluster);
        await control.Process.TerminateAsync();
        (await control.Process.EndAsync()).Expect(0);

        await AssertWentOnAsync(ids, id => OneShotProcess.RunAsync(["jobs", "watch", id, "--format", "json", .. cluster]));

        // Without a server the command learns from Redis that all have left; then that is told again, and taken back.
        Assert.Contains("All silos have left.", (await OneShotProcess.RunAsync(["cluster", "drain", .. cluster])).Expect(0).Error, StringComparison.Ordinal);
        foreach (var silo in _silos)
        {
            (await silo.EndAsync()).Expect(0);
        }

        Assert.True((bool)(await OneShotProcess.RunAsync(["cluster", "drain", "--format", "json", .. cluster])).Expect(0).Document["draining"]!);
        Assert.Contains("No silo is there", (await OneShotProcess.RunAsync(["cluster", "resume", .. cluster])).Expect(0).Error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        foreach (var silo in _silos)
        {
            silo.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        _folder.Dispose();
    }

    private Task<TestSilo> StartControlAsync(Start start, string[] cluster) =>
        JoinAsync(start(["serve", "--role", "control", "--urls", "http://127.0.0.1:0", .. cluster]), http: true);

    private Task<TestSilo> StartTrainerAsync(Start start, string[] cluster) => JoinAsync(start(["serve", "--role", "trainer", "--slots", "2", .. cluster]));

    private Task<TestSilo[]> StartTrainersAsync(string[] cluster) =>
        Task.WhenAll(Enumerable.Range(0, 2).Select(_ => StartTrainerAsync(OneShotProcess.Start, cluster)));

    private async Task<TestSilo> JoinAsync(OneShotProcess process, bool http = false)
    {
        Keep(process);
        var url = http ? HttpServer.AddressIn(await process.SaysAsync(HttpServer.IsReady)) : null;
        return new TestSilo(process, (await process.ReadyAsync()).Split(' ')[2], url);
    }

    private OneShotProcess Keep(OneShotProcess silo)
    {
        _silos.Add(silo);
        return silo;
    }

    /// <summary>Submits the jobs before there is a slot, so that all start at the same time.</summary>
    private async Task<string[]> SubmitAsync(string[] cluster) =>
        await Task.WhenAll(
            Enumerable
                .Range(0, Jobs)
                .Select(async _ =>
                {
                    string[] job = [.. UndisturbedRun.Job(_folder.Data), "--detach", "--format", "json"];
                    return (string)(await OneShotProcess.RunAsync([.. job, .. cluster[..2]])).Expect(0).Document["id"]!;
                })
        );

    /// <summary>Waits until all jobs train at the same time.</summary>
    private static async Task WhenAllTrainAsync(Uri url, string[] ids)
    {
        using var http = new HttpClient { BaseAddress = url };
        while (true)
        {
            var jobs = await Task.WhenAll(
                ids.Select(id => http.GetFromJsonAsync<JsonObject>($"/v1/implantations/{id}", TestContext.Current.CancellationToken))
            );
            Assert.All(jobs, job => Assert.NotEqual("succeeded", (string)job!["state"]!));
            if (jobs.All(job => (string)job!["state"]! == "training" && (int)job["step"]! > 0))
            {
                return;
            }

            // The processor is for the jobs.
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Each job ends with the weights of one that nobody disturbed, each step was made once, and its events have no gap.</summary>
    private async Task AssertWentOnAsync(string[] ids, Func<string, Task<Ended>> watch)
    {
        var expected = Weights(await undisturbed.FilesAsync());
        Assert.NotEmpty(expected);
        foreach (var id in ids)
        {
            var events = (await watch(id)).Expect(0).Lines;
            Assert.Equal(Enumerable.Range(1, events.Count), events.Select(item => (int)item["seq"]!));
            var steps = events.Where(item => item["losses"] is not null).Select(item => (int)item["step"]!);
            Assert.Equal(Enumerable.Range(1, UndisturbedRun.Steps), steps);
            var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Job(id), "manifest.json"), TestContext.Current.CancellationToken))!;
            Assert.True((int)manifest["epoch"]! > 1, string.Create(CultureInfo.InvariantCulture, $"Job {id} was never interrupted."));
            Assert.Equal(expected, Weights(manifest["files"]!.AsArray().ToDictionary(file => (string)file!["path"]!, file => (string)file!["sha256"]!)));
        }
    }

    private static SortedDictionary<string, string> Weights(IEnumerable<KeyValuePair<string, string>> files) =>
        new(
            files.Where(file => file.Key.EndsWith(".safetensors", StringComparison.Ordinal)).ToDictionary(file => file.Key, file => file.Value),
            StringComparer.Ordinal
        );
}

/// <summary>The job of these tests from beginning to end in one process, run once for all.</summary>
public sealed class UndisturbedRun : IDisposable
{
    /// <summary>Long enough for all jobs to be under way when the first silo is told to leave.</summary>
    public const int Steps = 80;

    private readonly TestFolder _folder = new();
    private readonly Lazy<Task> _run;

    public UndisturbedRun() => _run = new(async () => (await OneShotProcess.RunAsync([.. Job(_folder.Data), "--out", _folder.Out])).Expect(0));

    /// <summary>The job's command line, without where it runs.</summary>
    public static string[] Job(string data) => [.. ImplantArguments.Create(data, Steps), "--checkpoint-every", "5"];

    /// <summary>Hashes of its files.</summary>
    public async Task<SortedDictionary<string, string>> FilesAsync()
    {
        await _run.Value;
        return TestFolder.Hash(_folder.Out);
    }

    public void Dispose() => _folder.Dispose();
}
