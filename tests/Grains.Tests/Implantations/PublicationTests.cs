using System.Text;
using System.Text.Json.Nodes;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>What lies between a result that was taken and a job that has succeeded, and what must not come there.</summary>
public sealed class PublicationTests
{
    [Theory]
    [InlineData("lost")]
    [InlineData("damaged")]
    [InlineData("swapped")]
    public async Task Publish_EpochsManifestChangesAfterItWasTaken_PublishesTheOneThatWasTaken(string what)
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var (proposed, left) = (Array.Empty<byte>(), 2);
        world.Store.BeforeWrite = async path =>
        {
            if (path != StorePaths.Manifest("j1") || left-- <= 0)
            {
                return;
            }
            var (manifest, place) = (StorePaths.EpochManifest("j1", 1), world.PathOf(StorePaths.EpochManifest("j1", 1)));
            if (proposed.Length == 0)
            {
                proposed = (await world.Files.ReadAllBytesAsync(manifest))!;
            }
            if (what == "lost")
            {
                File.Delete(place);
            }
            else
            {
                File.WriteAllText(
                    place,
                    what == "damaged" ? Encoding.UTF8.GetString(proposed).Replace("\"ia\": 0.5", "\"ia\": 0.7", StringComparison.Ordinal) : "{}"
                );
            }
            throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, "The store is away.");
        };
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 1L, 0.5), (status.State, status.Epoch, status.Metrics!.Ia));
        Assert.Equal(proposed, await world.Files.ReadAllBytesAsync(StorePaths.Manifest("j1")));
        var (state, info) = (await world.StateAsync("j1"), (await world.Files.GetInfoAsync(StorePaths.Manifest("j1")))!);
        Assert.Null(state.ManifestBytes);
        Assert.Equal(new JobFile("manifest.json", info.Bytes, info.Sha256), status.Manifest);
    }

    [Fact]
    public async Task Publish_SomethingElseLiesWhereTheManifestGoes_IsReplaced()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "done");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        await world.Files.WriteAsync(
            StorePaths.Manifest("j1"),
            new MemoryStream("{\"files\": []}"u8.ToArray()),
            cancellationToken: TestContext.Current.CancellationToken
        );
        gate.Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(2, (await PublishedResult.ReadAsync(world.Files, "j1", TestContext.Current.CancellationToken))!.Files.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publish_TakenByAnEarlierVersionAndItsManifestIsLost_FailsInWordsInsteadOfWaitingForEver(bool damaged)
    {
        await using var world = new TestWorld();
        await world.KillBeforeManifestAsync();
        await world.StartAsync(resume: false);
        await world.EditAsync("j1", state => state with { ManifestBytes = null, Manifest = null });
        var place = world.PathOf(StorePaths.EpochManifest("j1", 1));
        if (damaged)
        {
            File.WriteAllText(place, "{\"files\"");
        }
        else
        {
            File.Delete(place);
        }
        Assert.False(await world.Job("j1").EnsureRunning("restart"));
        var status = await world.StatusAsync("j1");
        Assert.Equal(JobState.Failed, status.State);
        Assert.Equal(
            "The store has lost or damaged jobs/j1/epochs/1/manifest.json, without which the result of job j1 can't be published.",
            status.Error!.Message
        );
        Assert.All(await world.FilesAsync("jobs/j1/"), path => Assert.EndsWith("progress.jsonl", path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Publish_TakenByAnEarlierVersion_IsFinishedFromTheStore()
    {
        await using var world = new TestWorld();
        await world.KillBeforeManifestAsync();
        await world.StartAsync(resume: false);
        await world.EditAsync("j1", state => state with { ManifestBytes = null, Manifest = null });
        Assert.False(await world.Job("j1").EnsureRunning("restart"));
        var status = await world.StatusAsync("j1");
        Assert.Equal((JobState.Succeeded, 2), (status.State, status.Files.Length));
        Assert.NotNull(status.Manifest);
    }

    [Fact]
    public async Task Taken_WhateverIsSaidBeforeTheCopies_TheResultStands()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var (away, tried) = (true, new TaskCompletionSource());
        world.Store.BeforeWrite = path =>
        {
            if (path != StorePaths.Manifest("j1") || !Volatile.Read(ref away))
            {
                return Task.CompletedTask;
            }
            tried.TrySetResult();
            throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, "The store is away.");
        };
        await world.Job("j1").Submit(TestWorld.Request());
        await tried.Task.WaitAsync(TestWorld.Limit);
        var lease = (await world.StateAsync("j1")).Lease!;
        foreach (
            var call in new Func<Task>[]
            {
                () => world.Job("j1").Cancel(),
                () => world.Trained("j1").Fail(1, new ErrorDetail(ErrorCodes.Failed, "late")),
                () => world.Trained("j1").Release(1, requeue: true),
                () => world.Trained("j1").Outage(1, "late", TimeSpan.FromMinutes(10)),
                () => world.Scheduled("j1").LoseSlot(lease, "silo_lost"),
                () => world.Job("j1").Cancel(),
            }
        )
        {
            // The store is still away, so none of them can finish what was begun; none may undo it either.
            await Assert.ThrowsAsync<ArtifactStoreException>(call);
            var state = await world.StateAsync("j1");
            Assert.Equal((1L, false, (ErrorDetail?)null), (state.Published, state.State.IsFinal(), state.Error));
            Assert.False(state.CancelRequested);
        }

        var held = await world.Scheduled("j1").Start(lease with { Epoch = 0, Slot = 3 });
        Assert.Equal((lease.Slot, 1L), (held!.Slot, held.Epoch));
        Volatile.Write(ref away, false);
        Assert.Equal(JobState.Succeeded, (await world.Job("j1").Cancel()).State);
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 1L, 2), (status.State, status.Epoch, status.Files.Length));
        Assert.Single(world.Engine.Jobs);
    }

    [Theory]
    [InlineData("none", "The store has lost jobs/j1/epochs/1/manifest.json, the manifest of what was to be published.")]
    [InlineData("id", "The manifest of job j1 is damaged: it is that of job 'j2'. Epoch 1 was to publish it.")]
    [InlineData("epoch", "The manifest of job j1 is damaged: it is that of epoch 2. Epoch 1 was to publish it.")]
    [InlineData(
        "elsewhere",
        "The manifest of job j1 is damaged: my-cat.safetensors lies at jobs/j1/epochs/0/result/my-cat.safetensors, which is no place of a result of epoch 1. "
            + "Epoch 1 was to publish it."
    )]
    [InlineData("lost file", "my-cat.safetensors of job j1 was damaged or lost in the store before it could be published.")]
    [InlineData("damaged file", "my-cat.safetensors of job j1 was damaged or lost in the store before it could be published.")]
    public async Task Complete_AResultThatIsNotWhole_IsNotTaken(string what, string message)
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var (manifest, file) = (StorePaths.EpochManifest("j1", 1), world.PathOf(StorePaths.EpochResult("j1", 1) + "my-cat.safetensors"));
        world.Store.AfterWrite = async path =>
        {
            if (path != manifest)
            {
                return;
            }
            var document = JsonNode.Parse((await world.Files.ReadAllBytesAsync(manifest))!)!;
            switch (what)
            {
                case "none":
                    File.Delete(world.PathOf(manifest));
                    return;
                case "id":
                    document["id"] = "j2";
                    break;
                case "epoch":
                    document["epoch"] = 2;
                    foreach (var listed in document["files"]!.AsArray())
                    {
                        listed!["stored"] = ((string)listed["stored"]!).Replace("epochs/1/", "epochs/2/", StringComparison.Ordinal);
                    }
                    break;
                case "elsewhere":
                    document["files"]![0]!["stored"] = "epochs/0/result/my-cat.safetensors";
                    break;
                case "lost file":
                    File.Delete(file);
                    return;
                default:
                    File.AppendAllText(file, "x");
                    return;
            }

            File.WriteAllText(world.PathOf(manifest), document.ToJsonString());
        };
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Failed, message), (status.State, status.Error!.Message));
        Assert.Null(await world.Files.GetInfoAsync(StorePaths.Manifest("j1")));
        await world.WhenIdleAsync();
        Assert.Empty(await world.FilesAsync("jobs/j1/result/"));
    }
}
