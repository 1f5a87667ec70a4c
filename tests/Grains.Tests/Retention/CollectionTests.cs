using System.Text;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Retention;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Retention;

/// <summary>What the collection takes and what it leaves.</summary>
public sealed class CollectionTests
{
    [Fact]
    public async Task Collect_OldBlobs_TakesThoseThatNoJobRefersTo()
    {
        await using var world = new TestWorld();
        await StartAsync(world);
        var (used, mask, unused) = (await UploadAsync(world, "photo"), await UploadAsync(world, "mask"), await UploadAsync(world, "nobody's"));
        var gate = world.Engine.GateAt("j1", 1, "step 1");
        await SubmitAsync(world, "j1", used, mask);
        await gate.Reached;

        Assert.Equal([StorePaths.Blob(unused)], (await CollectAsync(world, dryRun: true)).Blobs);
        Assert.NotNull(await world.Files.GetInfoAsync(StorePaths.Blob(unused)));
        var report = await CollectAsync(world);

        Assert.Equal([StorePaths.Blob(unused)], report.Blobs);
        Assert.Equal(Encoding.UTF8.GetByteCount("nobody's"), report.Bytes);
        Assert.Equal(new[] { StorePaths.Blob(used), StorePaths.Blob(mask) }.Order(StringComparer.Ordinal), await world.FilesAsync("blobs/"));
        gate.Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
    }

    [Fact]
    public async Task Collect_YoungBlobs_LeavesThem()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var blob = await UploadAsync(world, "just uploaded, to be submitted soon");

        Assert.Empty((await CollectAsync(world)).Blobs);
        Assert.NotNull(await world.Files.GetInfoAsync(StorePaths.Blob(blob)));
    }

    [Fact]
    public async Task Collect_UploadedAgainBetweenListingAndDeleting_LeavesIt()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        var blob = await UploadAsync(world, "photo");
        File.SetLastWriteTimeUtc(world.PathOf(StorePaths.Blob(blob)), DateTime.UtcNow.AddDays(-3));
        world.Store.BeforeDeleteUnused = async _ => await UploadAsync(world, "photo");

        Assert.Empty((await CollectAsync(world)).Blobs);
        Assert.NotNull(await world.Files.GetInfoAsync(StorePaths.Blob(blob)));
    }

    [Fact]
    public async Task Collect_EndedJob_TakesWhatAZombieLeftAndNothingThatIsPublished()
    {
        await using var world = new TestWorld();
        await StartAsync(world);
        await world.Job("j1").Submit(TestWorld.Request());
        await world.WatchAsync("j1");
        await world.WhenIdleAsync();
        var before = await world.FilesAsync("jobs/j1/");
        string[] left = ["jobs/j1/epochs/7/checkpoint-000003.safetensors", "jobs/j1/epochs/7/manifest.json", "jobs/j1/epochs/7/result/my-cat.safetensors"];
        foreach (var path in left)
        {
            await world.Files.WriteAsync(path, new MemoryStream([1]));
        }

        Assert.Equal(left, (await CollectAsync(world)).Files.Order(StringComparer.Ordinal));
        Assert.Equal(before, await world.FilesAsync("jobs/j1/"));
    }

    [Fact]
    public async Task Collect_MarksOfUploads_GoWithTheirDayAndKeepNothing()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        var (old, young, used) = (await UploadAsync(world, "old"), await UploadAsync(world, "young"), await UploadAsync(world, "used again"));
        var ann = world.Cluster.Client.GetGrain<IOwnerGrain>("ann");
        foreach (var hash in new[] { old, young, used })
        {
            await ann.Uploaded(hash, 1);
        }
        foreach (var path in new[] { StorePaths.Blob(old), StorePaths.Upload("ann", old), StorePaths.Blob(young), StorePaths.Upload("ann", used) })
        {
            File.SetLastWriteTimeUtc(world.PathOf(path), DateTime.UtcNow.AddDays(-3));
        }
        world.Store.BeforeDeleteUnused = async path =>
        {
            if (path == StorePaths.Upload("ann", used))
            {
                await ann.Uploaded(used, 1);
            }
        };

        Assert.Equal(2, (await CollectAsync(world, dryRun: true)).Marks);
        var report = await CollectAsync(world);

        Assert.Equal(1, report.Marks);
        Assert.Equal(new[] { StorePaths.Blob(old), StorePaths.Blob(young) }.Order(StringComparer.Ordinal), report.Blobs.Order(StringComparer.Ordinal));
        Assert.Equal(
            new[] { StorePaths.Upload("ann", young), StorePaths.Upload("ann", used) }.Order(StringComparer.Ordinal),
            await world.FilesAsync("owners/")
        );
        Assert.Equal([old, young], await ann.Require([old, young, used]));
    }

    [Fact]
    public async Task CollectIfDue_TwiceInAPeriod_CollectsOnce()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        var collector = world.Cluster.Client.GetGrain<ICollectorGrain>(0);
        Assert.True(await collector.CollectIfDue());
        Assert.False(await collector.CollectIfDue());
    }

    private static Task StartAsync(TestWorld world) => world.StartAsync(configure: (_, options) => options.CollectionGrace = TimeSpan.Zero);

    private static Task<CollectionReport> CollectAsync(TestWorld world, bool dryRun = false) =>
        world.Cluster.Client.GetGrain<ICollectorGrain>(0).Collect(dryRun);

    private static Task<string> UploadAsync(TestWorld world, string text) => world.Files.WriteBlobAsync(Encoding.UTF8.GetBytes(text));

    private static Task<ImplantationStatus> SubmitAsync(TestWorld world, string id, string image, string mask)
    {
        var request = TestWorld.Request();
        return world.Job(id).Submit(request with { Image = image, Objects = [request.Objects[0] with { Mask = mask }] });
    }
}
