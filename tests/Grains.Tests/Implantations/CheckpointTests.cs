using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>Which checkpoints a job keeps, whatever order messages about them come in.</summary>
public sealed class CheckpointTests
{
    private static readonly SettledRun s_settled = new(new string('e', 64), Precision.Bf16, "as measured");

    [Fact]
    public async Task Commit_OneAfterAnother_KeepsTheNewestAndTheOneBefore()
    {
        await using var world = new TestWorld();
        await StandAsync(world);
        var (ten, twenty, thirty) = (await StoreAsync(world, 1, 10), await StoreAsync(world, 1, 20), await StoreAsync(world, 1, 30));
        await world.Trained("j1").CommitCheckpoint(1, ten, s_settled);
        Assert.Equal((ten, null), await KeptAsync(world));
        await world.Trained("j1").CommitCheckpoint(1, twenty, null);
        Assert.Equal((twenty, ten), await KeptAsync(world));
        await world.Trained("j1").CommitCheckpoint(1, thirty, null);
        Assert.Equal((thirty, twenty), await KeptAsync(world));
        Assert.Equal([twenty.Path, thirty.Path], await CheckpointsAsync(world));
        Assert.Equal(s_settled, (await world.StateAsync("j1")).Settled);
        Assert.Equal(30, (await world.StateAsync("j1")).Step);
    }

    [Fact]
    public async Task Commit_RepeatedOrLate_ChangesNothingAndIsNoError()
    {
        await using var world = new TestWorld();
        await StandAsync(world);
        var (ten, twenty, thirty) = (await StoreAsync(world, 1, 10), await StoreAsync(world, 1, 20), await StoreAsync(world, 1, 30));
        foreach (var checkpoint in new[] { ten, twenty, thirty })
        {
            await world.Trained("j1").CommitCheckpoint(1, checkpoint, s_settled);
        }
        // The newest, the one before it, and one whose file is gone: its trainer would stop, and delete a file, if it heard of an error.
        foreach (var checkpoint in new[] { thirty, twenty, ten, twenty, thirty })
        {
            await world.Trained("j1").CommitCheckpoint(1, checkpoint, s_settled);
        }
        Assert.Equal((thirty, twenty), await KeptAsync(world));
        Assert.Equal([twenty.Path, thirty.Path], await CheckpointsAsync(world));
    }

    [Fact]
    public async Task Commit_TheAnswerWasLostAndTheJobWorksElsewhereByNow_IsTakenAsSaidAndNotAgain()
    {
        await using var world = new TestWorld();
        var ten = await MoveOnAsync(world, 10, s_settled);
        // Said again before the new epoch has one of its own, and after.
        await world.Trained("j1").CommitCheckpoint(1, ten, s_settled);
        var twenty = await StoreAsync(world, 2, 20);
        await world.Trained("j1").CommitCheckpoint(2, twenty, s_settled);
        await world.Trained("j1").CommitCheckpoint(1, ten, s_settled);
        Assert.Equal((twenty, ten), await KeptAsync(world));
        Assert.Equal([ten.Path, twenty.Path], await CheckpointsAsync(world));
        // What the old epoch never told before is another matter.
        await Assert.ThrowsAsync<StaleEpochException>(async () => await world.Trained("j1").CommitCheckpoint(1, await StoreAsync(world, 1, 30), s_settled));
        Assert.Equal((twenty, ten), await KeptAsync(world));
    }

    [Theory]
    [InlineData("path of an input")]
    [InlineData("path of another job")]
    [InlineData("path of another step")]
    [InlineData("path of another epoch")]
    [InlineData("another epoch")]
    [InlineData("later epoch")]
    [InlineData("step below 0")]
    [InlineData("step beyond the total")]
    [InlineData("no bytes")]
    [InlineData("no hash")]
    [InlineData("nothing")]
    [InlineData("other bytes of the same step")]
    [InlineData("settled nothing")]
    [InlineData("settled otherwise")]
    [InlineData("settled precision that is none")]
    [InlineData("settled a configuration that is none")]
    [InlineData("settled too much")]
    public async Task Commit_WhatTheEpochCanNotHaveWritten_IsRefusedAndTouchesNothing(string what)
    {
        await using var world = new TestWorld();
        await StandAsync(world);
        var (ten, twenty) = (await StoreAsync(world, 1, 10), await StoreAsync(world, 1, 20));
        await world.Trained("j1").CommitCheckpoint(1, ten, s_settled);
        await world.Trained("j1").CommitCheckpoint(1, twenty, s_settled);
        var input = StorePaths.Blob(await world.Files.WriteBlobAsync("photo"u8.ToArray()));
        var good = await StoreAsync(world, 1, 30);
        var (bad, settled) = what switch
        {
            "path of an input" => (good with { Path = input }, s_settled),
            "path of another job" => (good with { Path = StorePaths.Checkpoint("j2", 1, 30) }, s_settled),
            "path of another step" => (good with { Path = twenty.Path }, s_settled),
            "path of another epoch" => (good with { Path = StorePaths.Checkpoint("j1", 0, 30) }, s_settled),
            "another epoch" => (good with { Epoch = 0, Path = StorePaths.Checkpoint("j1", 0, 30) }, s_settled),
            "later epoch" => (good with { Epoch = 2, Path = StorePaths.Checkpoint("j1", 2, 30) }, s_settled),
            "step below 0" => (good with { Step = -1, Path = StorePaths.Checkpoint("j1", 1, -1) }, s_settled),
            "step beyond the total" => (good with { Step = 51, Path = StorePaths.Checkpoint("j1", 1, 51) }, s_settled),
            "no bytes" => (good with { Bytes = 0 }, s_settled),
            "no hash" => (good with { Sha256 = new string('A', 64) }, s_settled),
            "nothing" => (null!, s_settled),
            "other bytes of the same step" => (twenty with { Sha256 = new string('f', 64) }, s_settled),
            "settled nothing" => (good, s_settled with { ModelSha256 = "" }),
            "settled otherwise" => (good, s_settled with { Precision = Precision.Fp32 }),
            "settled precision that is none" => (good, s_settled with { Precision = Precision.Auto }),
            "settled a configuration that is none" => (good, s_settled with { ConfigurationSha256 = "c" }),
            _ => (good, s_settled with { FanOut = new string('x', SettledRun.MaxFanOut + 1) }),
        };
        var error = await Assert.ThrowsAsync<OneShotException>(() => world.Trained("j1").CommitCheckpoint(1, bad, settled));
        Assert.Equal(what == "settled otherwise" ? ErrorCodes.Conflict : ErrorCodes.InvalidInput, error.Detail.Code);
        Assert.Equal((twenty, ten), await KeptAsync(world));
        Assert.NotNull(await world.Files.GetInfoAsync(input));
        // The next honest one takes nothing with it that was named above.
        await world.Trained("j1").CommitCheckpoint(1, good, s_settled);
        Assert.NotNull(await world.Files.GetInfoAsync(input));
        Assert.Equal((good, twenty), await KeptAsync(world));
    }

    [Fact]
    public async Task Commit_ConfigurationThatAnEarlierVersionDidNotTell_IsKeptAndComparedFromThenOn()
    {
        await using var world = new TestWorld();
        await StandAsync(world);
        var told = s_settled with { ConfigurationSha256 = new string('c', 64) };
        await world.Trained("j1").CommitCheckpoint(1, await StoreAsync(world, 1, 10), s_settled);
        await world.Trained("j1").CommitCheckpoint(1, await StoreAsync(world, 1, 20), told);
        Assert.Equal(told, (await world.StateAsync("j1")).Settled);

        var thirty = await StoreAsync(world, 1, 30);
        var error = await Assert.ThrowsAsync<OneShotException>(() =>
            world.Trained("j1").CommitCheckpoint(1, thirty, told with { ConfigurationSha256 = new string('d', 64) })
        );
        Assert.Equal(ErrorCodes.Conflict, error.Detail.Code);
        await world.Trained("j1").CommitCheckpoint(1, thirty, s_settled);
        Assert.Equal(told, (await world.StateAsync("j1")).Settled);
    }

    [Fact]
    public async Task Commit_OfALaterEpochThatWouldGoBack_IsRefused()
    {
        await using var world = new TestWorld();
        var twenty = await MoveOnAsync(world, 20, null);
        foreach (var step in new[] { 10, 20 })
        {
            var error = await Assert.ThrowsAsync<OneShotException>(async () =>
                await world.Trained("j1").CommitCheckpoint(2, await StoreAsync(world, 2, step), null)
            );
            Assert.Equal(ErrorCodes.InvalidInput, error.Detail.Code);
        }

        Assert.Equal((twenty, null), await KeptAsync(world));
    }

    [Fact]
    public async Task Drop_TheNewest_GoesBackToTheOneBefore()
    {
        await using var world = new TestWorld();
        await StandAsync(world);
        var (ten, twenty) = (await StoreAsync(world, 1, 10), await StoreAsync(world, 1, 20));
        await world.Trained("j1").CommitCheckpoint(1, ten, s_settled);
        await world.Trained("j1").CommitCheckpoint(1, twenty, s_settled);
        await Assert.ThrowsAsync<StaleEpochException>(() => world.Trained("j1").DropCheckpoint(0, twenty));
        await world.Trained("j1").DropCheckpoint(1, twenty with { Sha256 = new string('f', 64) });
        Assert.Equal((twenty, ten), await KeptAsync(world));
        for (var i = 0; i < 2; i++)
        {
            await world.Trained("j1").DropCheckpoint(1, twenty);
            Assert.Equal((ten, null), await KeptAsync(world));
            Assert.Equal([ten.Path], await CheckpointsAsync(world));
            Assert.Equal(10, (await world.StatusAsync("j1")).Step);
        }

        await world.Trained("j1").DropCheckpoint(1, ten);
        Assert.Equal((null, null), await KeptAsync(world));
        Assert.Empty(await CheckpointsAsync(world));
        // What was settled outlives them all.
        Assert.Equal(s_settled, (await world.StateAsync("j1")).Settled);
    }

    [Fact]
    public async Task Drop_TheOneBefore_KeepsTheNewest()
    {
        await using var world = new TestWorld();
        await StandAsync(world);
        var (ten, twenty) = (await StoreAsync(world, 1, 10), await StoreAsync(world, 1, 20));
        await world.Trained("j1").CommitCheckpoint(1, ten, s_settled);
        await world.Trained("j1").CommitCheckpoint(1, twenty, s_settled);
        await world.Trained("j1").DropCheckpoint(1, ten);
        Assert.Equal((twenty, null), await KeptAsync(world));
        Assert.Equal([twenty.Path], await CheckpointsAsync(world));
    }

    [Fact]
    public async Task Commit_AStepThatWasReachedBefore_IsNoProgress()
    {
        await using var world = new TestWorld();
        var twenty = await MoveOnAsync(world, 20, null);
        Assert.Equal(1, (await world.StateAsync("j1")).Deaths);
        await world.Trained("j1").DropCheckpoint(2, twenty);
        await world.Trained("j1").CommitCheckpoint(2, await StoreAsync(world, 2, 10), null);
        await world.Trained("j1").CommitCheckpoint(2, await StoreAsync(world, 2, 20), null);
        Assert.Equal(1, (await world.StateAsync("j1")).Deaths);
        await world.Trained("j1").CommitCheckpoint(2, await StoreAsync(world, 2, 30), null);
        Assert.Equal(0, (await world.StateAsync("j1")).Deaths);
    }

    [Theory]
    [InlineData("flipped", "", 4)]
    [InlineData("cut", "", 4)]
    [InlineData("missing", "", 4)]
    [InlineData("flipped", "missing", 0)]
    [InlineData("missing", "flipped", 0)]
    public async Task Resume_BadCheckpoints_GoesOnFromTheLastGoodOneToTheSameResult(string newest, string before, int from)
    {
        await using var world = new TestWorld();
        world.Engine.Settles = s_settled;
        await world.StartAsync();
        world.Engine.Deaf[("j1", 1)] = true;
        var gate = world.Engine.GateAt("j1", 1, "step 8");
        await world.Job("j1").Submit(TestWorld.Request(steps: 9));
        await gate.Reached;
        await world.KillAsync();
        Spoil(world.PathOf(StorePaths.Checkpoint("j1", 1, 6)), newest);
        Spoil(world.PathOf(StorePaths.Checkpoint("j1", 1, 4)), before);

        await world.StartAsync(resume: true);
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        var (status, job) = (await world.StatusAsync("j1"), world.Engine.Jobs[("j1", 2)]);
        Assert.Equal((6, 4, s_settled), (job.Resume!.Step, job.Previous!.Step, job.Settled));
        Assert.Equal(from, world.Engine.Resumed[("j1", 2)]);
        string[] warnings = ["The checkpoint of step 6 is damaged.", .. from == 0 ? ["The checkpoint of step 4 is damaged."] : Array.Empty<string>()];
        Assert.Equal(warnings, status.Warnings.Where(warning => warning.StartsWith("The checkpoint", StringComparison.Ordinal)));
        Assert.Equal(2, status.Epoch);
        Assert.Equal(await world.ReferenceHashAsync(TestWorld.Request(steps: 9)), status.Files[0].Sha256);
        gate.Open();
        await world.Engine.EndOf("j1", 1);
    }

    [Fact]
    public async Task Resume_BadCheckpointThenKilledAgain_GoesOnFromTheGoodOneWithoutAskingAgain()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        world.Engine.Deaf[("j1", 1)] = world.Engine.Deaf[("j1", 2)] = true;
        var (first, second) = (world.Engine.GateAt("j1", 1, "step 8"), world.Engine.GateAt("j1", 2, "step 5"));
        await world.Job("j1").Submit(TestWorld.Request(steps: 9));
        await first.Reached;
        await world.KillAsync();
        Spoil(world.PathOf(StorePaths.Checkpoint("j1", 1, 6)), "flipped");
        await world.StartAsync(resume: true);
        await second.Reached;
        await world.KillAsync();

        await world.StartAsync(resume: true);
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal((4, null), (world.Engine.Jobs[("j1", 3)].Resume!.Step, world.Engine.Jobs[("j1", 3)].Previous));
        var status = await world.StatusAsync("j1");
        Assert.Single(status.Warnings, warning => warning.StartsWith("The checkpoint", StringComparison.Ordinal));
        var manifest = Encoding.UTF8.GetString((await world.Files.ReadAllBytesAsync(StorePaths.Manifest("j1")))!);
        Assert.Contains("The checkpoint of step 6 is damaged.", manifest, StringComparison.Ordinal);
        Assert.Equal(await world.ReferenceHashAsync(TestWorld.Request(steps: 9)), status.Files[0].Sha256);
        first.Open();
        second.Open();
        await world.Engine.EndOf("j1", 1);
        await world.Engine.EndOf("j1", 2);
    }

    [Fact]
    public async Task Commit_LogIsAway_WaitsUntilTheStepsAreLogged()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var left = 3;
        world.Store.BeforeAppend = path =>
            path.Contains("/epochs/1/", StringComparison.Ordinal) && left-- > 0
                ? throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, "The store is away.")
                : Task.CompletedTask;
        var logged = new TaskCompletionSource<string>();
        world.Store.BeforeWrite = async path =>
        {
            if (path == StorePaths.Checkpoint("j1", 1, 2))
            {
                logged.TrySetResult(Encoding.UTF8.GetString(await world.Files.ReadAllBytesAsync(StorePaths.Progress("j1", 1)) ?? []));
            }
        };
        await world.Job("j1").Submit(TestWorld.Request());
        // A crash right after the commit would leave a log without steps 1 and 2 for ever.
        Assert.Contains("\"step\":2,", await logged.Task.WaitAsync(TestWorld.Limit), StringComparison.Ordinal);
        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j1")).State);
    }

    [Fact]
    public async Task Commit_TheJobWorksElsewhereByNow_ItsFileIsTakenBack()
    {
        await using var world = new TestWorld();
        await world.StartAsync(silos: 2);
        await world.WhenAnnouncedAsync(2);
        world.Engine.Deaf[("j1", 1)] = true;
        var (write, second) = (new Gate(), world.Engine.GateAt("j1", 2, "prepare"));
        world.Store.BeforeWrite = path => path == StorePaths.Checkpoint("j1", 1, 2) ? write.PassAsync() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        await write.Reached;
        await world.Scheduler.SiloLost(Assert.Single((await world.Scheduler.GetSnapshot()).Leases).Silo);
        await second.Reached;
        write.Open();
        Assert.IsType<StaleEpochException>(await world.Engine.EndOf("j1", 1));
        Assert.Empty(await CheckpointsAsync(world));
        second.Open();
        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j1")).State);
    }

    private static void Spoil(string file, string how)
    {
        switch (how)
        {
            case "flipped":
                var bytes = File.ReadAllBytes(file);
                bytes[^3] ^= 1;
                File.WriteAllBytes(file, bytes);
                break;
            case "cut":
                File.WriteAllBytes(file, File.ReadAllBytes(file)[..^3]);
                break;
            case "missing":
                File.Delete(file);
                break;
        }
    }

    /// <summary>A job of 50 steps whose first epoch has begun, and does nothing.</summary>
    /// <summary>The job stands in its second epoch, and the trainer of the first has not heard of it.</summary>
    /// <returns>The checkpoint that the first epoch has committed.</returns>
    private static async Task<CheckpointReference> MoveOnAsync(TestWorld world, int step, SettledRun? settled)
    {
        await StandAsync(world, silos: 2);
        world.Engine.Deaf[("j1", 1)] = true;
        var gate = world.Engine.GateAt("j1", 2, "prepare");
        var checkpoint = await StoreAsync(world, 1, step);
        await world.Trained("j1").CommitCheckpoint(1, checkpoint, settled);
        await world.Scheduler.SiloLost(Assert.Single((await world.Scheduler.GetSnapshot()).Leases).Silo);
        await gate.Reached;
        return checkpoint;
    }

    private static async Task StandAsync(TestWorld world, short silos = 1)
    {
        await world.StartAsync(silos: silos);
        var gate = world.Engine.GateAt("j1", 1, "prepare");
        await world.Job("j1").Submit(TestWorld.Request(steps: 50));
        await gate.Reached;
    }

    private static async Task<CheckpointReference> StoreAsync(TestWorld world, long epoch, int step)
    {
        var text = Encoding.UTF8.GetBytes($"epoch {epoch}, step {step}");
        var path = StorePaths.Checkpoint("j1", epoch, step);
        await world.Files.WriteAsync(path, new MemoryStream(text), WriteCondition.Any, TestContext.Current.CancellationToken);
        return new CheckpointReference(epoch, step, path, text.Length, Convert.ToHexStringLower(SHA256.HashData(text)));
    }

    private static async Task<(CheckpointReference? Newest, CheckpointReference? Before)> KeptAsync(TestWorld world)
    {
        var state = await world.StateAsync("j1");
        return (state.Checkpoint, state.Previous);
    }

    private static async Task<List<string>> CheckpointsAsync(TestWorld world) =>
        [.. (await world.FilesAsync("jobs/j1/")).Where(path => path.Contains("checkpoint", StringComparison.Ordinal))];
}
