using System.Text;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Retention;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Retention;

/// <summary>A list of jobs that has lost some tells nothing of what is unused: everything stays until they are listed again.</summary>
public sealed class RefusedCollectionTests
{
    [Fact]
    public async Task Collect_ListLost_TakesNothingUntilTheJobsAreListedAgain()
    {
        await using var world = new TestWorld();
        var (photo, mask) = await FinishAndLoseAsync(world);
        var unused = await UploadAsync(world, "nobody's");
        await world.Cluster.Client.GetGrain<IOwnerGrain>("ann").Uploaded(unused, 8);
        await AddOldModelAsync(world, "base");
        var before = await world.FilesAsync("");

        // The list is not empty, and does not hold what is in the store.
        await world.Job("j2").Submit(TestWorld.Request());
        await world.WatchAsync("j2");
        await world.WhenIdleAsync();
        var dry = await CollectAsync(world, dryRun: true);
        var report = await CollectAsync(world);

        Assert.Equal((1, 1), (dry.Unlisted, report.Unlisted));
        Assert.Equal("Nothing was collected: the store holds 1 finished job that is not listed; list it again with: oneshot jobs recover", report.Refusal);
        Assert.StartsWith("Nothing would be collected: ", dry.Refusal, StringComparison.Ordinal);
        Assert.True(report.Blobs.IsEmpty && report.Files.IsEmpty && report.Models.IsEmpty && report.Bytes == 0 && report.Marks == 0);
        Assert.Empty(before.Except(await world.FilesAsync("")));

        Assert.Equal(RecoveryOutcome.Recovered, await world.Job("j1").Recover(dryRun: false));
        var after = await CollectAsync(world);

        Assert.Null(after.Refusal);
        Assert.Equal([StorePaths.Blob(unused)], after.Blobs);
        Assert.Equal(1, after.Marks);
        Assert.Equal([SharedModelPaths.Manifests + "base.json"], after.Models);
        Assert.Equal(new[] { StorePaths.Blob(photo), StorePaths.Blob(mask) }.Order(StringComparer.Ordinal), await world.FilesAsync("blobs/"));
    }

    [Fact]
    public async Task Collect_OnlyALineOfTheListIsLeft_TakesNothing()
    {
        await using var world = new TestWorld();
        await FinishAndLoseAsync(world);
        await world.Catalog.Put(
            new JobSummary
            {
                Id = "j1",
                State = JobState.Succeeded,
                Created = DateTimeOffset.UnixEpoch,
                Owner = "ann",
                Name = "my-cat",
            }
        );
        var before = await world.FilesAsync("");

        Assert.Equal(1, (await CollectAsync(world)).Unlisted);
        Assert.Equal(before, await world.FilesAsync(""));
    }

    [Fact]
    public async Task Collect_WhatIsLeftOfAJobThatPublishedNothing_IsNoObstacle()
    {
        await using var world = new TestWorld();
        await StartAsync(world);
        await world.Files.WriteAsync("jobs/j1/epochs/1/progress.jsonl", new MemoryStream([1]));
        var unused = await UploadAsync(world, "nobody's");

        Assert.Equal([StorePaths.Blob(unused)], (await CollectAsync(world)).Blobs);
    }

    private static async Task<(string Photo, string Mask)> FinishAndLoseAsync(TestWorld world)
    {
        world.Engine.WritesRequest = true;
        await StartAsync(world);
        var (photo, mask) = (await UploadAsync(world, "photo"), await UploadAsync(world, "mask"));
        var request = TestWorld.Request();
        await world.Job("j1").Submit(request with { Image = photo, Objects = [request.Objects[0] with { Mask = mask }] });
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        await world.StopAsync();
        world.LoseState();
        await StartAsync(world);
        return (photo, mask);
    }

    private static Task StartAsync(TestWorld world) =>
        world.StartAsync(configure: (_, options) => (options.CollectionGrace, options.ModelGrace) = (TimeSpan.Zero, TimeSpan.FromDays(1)));

    private static async Task AddOldModelAsync(TestWorld world, string name)
    {
        var path = SharedModelPaths.Manifests + name + ".json";
        await world.Files.WriteAsync(path, new MemoryStream("""{"files":[]}"""u8.ToArray()));
        File.SetLastWriteTimeUtc(world.PathOf(path), DateTime.UtcNow.AddDays(-3));
    }

    private static Task<CollectionReport> CollectAsync(TestWorld world, bool dryRun = false) =>
        world.Cluster.Client.GetGrain<ICollectorGrain>(0).Collect(dryRun);

    private static Task<string> UploadAsync(TestWorld world, string text) => world.Files.WriteBlobAsync(Encoding.UTF8.GetBytes(text));
}
