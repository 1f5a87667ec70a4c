using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>The state of jobs is lost, and the store is not.</summary>
public sealed class RecoveryTests
{
    [Fact]
    public async Task Recover_StateLost_KnowsTheJobAsItWas()
    {
        await using var world = await FinishAsync("j1");
        var before = await world.StatusAsync("j1");
        var events = await world.WatchAsync("j1");
        await LoseAsync(world);
        Assert.Null(await world.Job("j1").GetStatus());

        Assert.Equal(RecoveryOutcome.Recovered, await world.Job("j1").Recover(dryRun: true));
        Assert.Null(await world.Job("j1").GetStatus());
        Assert.Empty((await world.Catalog.List(new JobQuery())).Jobs);
        Assert.Equal(RecoveryOutcome.Recovered, await world.Job("j1").Recover(dryRun: false));

        var after = await world.StatusAsync("j1");
        // Records compare arrays by reference; and the manifest was written before the very end.
        Assert.Equal(Json(before with { Finished = null, Seconds = 0 }), Json(after with { Finished = null, Seconds = 0 }));
        Assert.Equal(before.Seconds, after.Seconds, 0.01);
        Assert.NotNull(after.Finished);
        Assert.Equal(Json(events), Json(await world.WatchAsync("j1")));
        var line = Assert.Single((await world.Catalog.List(new JobQuery())).Jobs);
        Assert.Equal(("j1", JobState.Succeeded, 5, "ann", "my-cat"), (line.Id, line.State, line.Steps, line.Owner, line.Name));
        Assert.Empty((await world.Scheduler.GetSnapshot()).Queue);
    }

    [Fact]
    public async Task Recover_Again_ChangesNothing()
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        await world.Job("j1").Recover(dryRun: false);
        var (status, files) = (Json(await world.StatusAsync("j1")), await world.FilesAsync(""));

        Assert.Equal(RecoveryOutcome.Known, await world.Job("j1").Recover(dryRun: false));

        Assert.Equal(status, Json(await world.StatusAsync("j1")));
        Assert.Equal(files, await world.FilesAsync(""));
        // After a restart as well: it was stored.
        await world.StopAsync();
        await world.StartAsync();
        Assert.Equal(status, Json(await world.StatusAsync("j1")));
    }

    [Fact]
    public async Task Recover_KnownJobThatIsNotListed_IsListedAndStaysAsItIs()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await world.Job("j1").Submit(TestWorld.Request());
        await world.Catalog.Remove("j1");

        Assert.Equal(RecoveryOutcome.Known, await world.Job("j1").Recover(dryRun: true));
        Assert.Empty((await world.Catalog.List(new JobQuery())).Jobs);
        Assert.Equal(RecoveryOutcome.Known, await world.Job("j1").Recover(dryRun: false));

        Assert.Equal(JobState.Queued, Assert.Single((await world.Catalog.List(new JobQuery())).Jobs).State);
    }

    [Fact]
    public async Task Recover_NothingPublished_IsUnfinishedAndStaysUnknown()
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        // Its epoch had proposed one, which it may have been too late for.
        await world.Files.WriteAsync(StorePaths.EpochManifest("j1", 1), new MemoryStream((await world.Files.ReadAllBytesAsync(StorePaths.Manifest("j1")))!));
        await world.Files.DeleteAsync(StorePaths.Manifest("j1"));

        Assert.Equal(RecoveryOutcome.Unfinished, await world.Job("j1").Recover(dryRun: false));
        Assert.Equal(RecoveryOutcome.Unfinished, await world.Job("never-seen").Recover(dryRun: false));

        Assert.Null(await world.Job("j1").GetStatus());
        Assert.Empty((await world.Catalog.List(new JobQuery())).Jobs);
    }

    [Fact]
    public async Task Recover_ThenDelete_LeavesNothing()
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        await world.Job("j1").Recover(dryRun: false);

        Assert.True(await world.Job("j1").Delete());

        Assert.Empty(await world.FilesAsync("jobs/"));
        Assert.Equal(RecoveryOutcome.Unfinished, await world.Job("j1").Recover(dryRun: false));
    }

    [Fact]
    public async Task Recover_ThenTheCallsOfLateComers_KeepsEveryFile()
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        await world.Job("j1").Recover(dryRun: false);
        var files = await world.FilesAsync("jobs/");

        Assert.False(await world.Job("j1").EnsureRunning("restart"));
        Assert.Equal(JobState.Succeeded, (await world.Job("j1").Cancel()).State);
        await world.Job("j1").Submit(TestWorld.Request());

        Assert.Equal(files, await world.FilesAsync("jobs/"));
        Assert.Equal(JobState.Succeeded, (await world.StatusAsync("j1")).State);
    }

    [Theory]
    [InlineData("id", "\"other\"", "it is that of job 'other'")]
    [InlineData("state", "\"failed\"", "its state is 'failed'")]
    [InlineData("epoch", "0", "its epoch is 0")]
    [InlineData("epoch", "2", "which is no place of a result of epoch 2")]
    [InlineData("epoch", "999999999999", "its epoch is 999999999999")]
    [InlineData("files", "[]", "it names no files")]
    [InlineData("files", "null", "")]
    [InlineData("created", "\"yesterday\"", "")]
    [InlineData("seconds", "-1", "its seconds are out of range")]
    [InlineData("seconds", "\"NaN\"", "its seconds are out of range")]
    [InlineData("options", "{\"steps\":-4}", "its steps are out of range")]
    [InlineData("warnings", "[null]", "warnings[0]")]
    [InlineData("metrics", "{\"objects\":[null]}", "metrics.objects[0]")]
    public async Task Recover_ManifestThatCannotBe_SaysWhatIsWrong(string field, string value, string what)
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        await ChangeAsync(world, manifest => manifest[field] = JsonNode.Parse(value));

        await FailsAsync(world, "The manifest of job j1 is damaged: ", what);
    }

    [Theory]
    [InlineData("../../secret")]
    [InlineData("epochs/2/result/my-cat.safetensors")]
    [InlineData("epochs/1/progress.jsonl")]
    public async Task Recover_ManifestThatNamesAFileElsewhere_IsRefused(string stored)
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        await ChangeAsync(world, manifest => manifest["files"]![0]!["stored"] = stored);

        await FailsAsync(world, "The manifest of job j1 is damaged: ", "");
    }

    [Fact]
    public async Task Recover_NoManifestButNoise_SaysSo()
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        await File.WriteAllTextAsync(world.PathOf(StorePaths.Manifest("j1")), "\u0001not json");

        await FailsAsync(world, "The manifest of job j1 is damaged: ", "");
    }

    [Fact]
    public async Task Recover_FlippedByteInTheResult_NamesTheFile()
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        var path = StorePaths.EpochResult("j1", 1) + "samples/000.png";
        var bytes = await File.ReadAllBytesAsync(world.PathOf(path));
        bytes[3] ^= 1;
        await File.WriteAllBytesAsync(world.PathOf(path), bytes);

        await FailsAsync(world, $"{path} is damaged: expected ", "");
    }

    [Fact]
    public async Task Recover_FileOfTheResultIsGone_NamesIt()
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        var path = StorePaths.EpochResult("j1", 1) + "samples/000.png";
        File.Delete(world.PathOf(path));

        await FailsAsync(world, $"The store has lost {path}.", "");
    }

    [Fact]
    public async Task Recover_ResultWithoutRequest_SaysSo()
    {
        await using var world = await FinishAsync("j1", request: false);
        await LoseAsync(world);

        await FailsAsync(world, "The result of job j1 has no request.json, so nothing tells what was asked for.", "");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{\"name\":\"my-cat\",\"name\":\"my-dog\"}")]
    [InlineData("{\"name\":\"\\ud800\"}")]
    public async Task Recover_RequestThatCannotBe_SaysSo(string text)
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        await ReplaceRequestAsync(world, _ => text);

        await FailsAsync(world, "request.json of job j1 can't be read: ", "");
    }

    [Fact]
    public async Task Recover_RequestThatIsTooLong_IsNotRead()
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        await ReplaceRequestAsync(world, request => request.ToJsonString() + new string(' ', 4 << 20));

        await FailsAsync(world, StorePaths.EpochResult("j1", 1) + "request.json has ", " bytes; at most 4194304 are read.");
    }

    [Theory]
    [InlineData("seed", "-1", "seed is -1")]
    [InlineData("objects", "[null]", "objects[0]")]
    [InlineData("objects", "[]", "objects is empty")]
    [InlineData("training", "null", "")]
    public async Task Recover_RequestOutOfRange_SaysSo(string field, string value, string what)
    {
        await using var world = await FinishAsync("j1");
        await LoseAsync(world);
        await ReplaceRequestAsync(
            world,
            request =>
            {
                request[field] = JsonNode.Parse(value);
                return request.ToJsonString();
            }
        );

        await FailsAsync(world, "request.json of job j1 can't be read: ", what);
    }

    private static async Task<TestWorld> FinishAsync(string id, bool request = true)
    {
        var world = new TestWorld();
        world.Engine.WritesRequest = request;
        await world.StartAsync();
        await world.Job(id).Submit(TestWorld.Request());
        await world.WatchAsync(id);
        await world.WhenIdleAsync();
        return world;
    }

    private static async Task LoseAsync(TestWorld world)
    {
        await world.StopAsync();
        world.LoseState();
        await world.StartAsync(slots: 0);
    }

    private static async Task FailsAsync(TestWorld world, string start, string what)
    {
        foreach (var dryRun in (bool[])[true, false])
        {
            var error = (await Assert.ThrowsAsync<OneShotException>(() => world.Job("j1").Recover(dryRun))).Detail;
            Assert.Equal(ErrorCodes.Failed, error.Code);
            Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
            Assert.Contains(what, error.Message, StringComparison.Ordinal);
            Assert.InRange(error.Message.Length, 1, 500);
        }

        Assert.Null(await world.Job("j1").GetStatus());
        Assert.Empty((await world.Catalog.List(new JobQuery())).Jobs);
    }

    private static async Task ChangeAsync(TestWorld world, Action<JsonNode> change)
    {
        var path = world.PathOf(StorePaths.Manifest("j1"));
        var manifest = JsonNode.Parse(await File.ReadAllBytesAsync(path))!;
        change(manifest);
        await File.WriteAllTextAsync(path, manifest.ToJsonString());
    }

    private static async Task ReplaceRequestAsync(TestWorld world, Func<JsonNode, string> change)
    {
        var path = world.PathOf(StorePaths.EpochResult("j1", 1) + "request.json");
        var bytes = Encoding.UTF8.GetBytes(change(JsonNode.Parse(await File.ReadAllBytesAsync(path))!));
        await File.WriteAllBytesAsync(path, bytes);
        await ChangeAsync(
            world,
            manifest =>
            {
                var file = manifest["files"]!.AsArray().Single(file => (string?)file!["path"] == "request.json")!;
                file["bytes"] = bytes.Length;
                file["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes));
            }
        );
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value);
}
