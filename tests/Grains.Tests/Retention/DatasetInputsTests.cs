using System.Text;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Retention;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Tests.Datasets;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Retention;

/// <summary>What items need that wait for their turn is kept, for however long.</summary>
public sealed class DatasetInputsTests
{
    [Fact]
    public async Task Collect_ItemsWait_KeepsTheirInputsUntilTheRunHasFinished()
    {
        await using var world = new DatasetWorld(uploads: false);
        await StartAsync(world);
        var (first, second, unused) = (await UploadAsync(world, "first"), await UploadAsync(world, "second"), await UploadAsync(world, "nobody's"));
        await world.Run.Create(DatasetWorld.Request(items: 2, parallel: 1));
        await world.Run.AddItems([DatasetWorld.Item(0, Request(first)), DatasetWorld.Item(1, Request(second))]);
        await world.WhenAsync(status => status.Counts.Running == 1);

        Assert.Equal([StorePaths.Blob(unused)], (await CollectAsync(world)).Blobs);
        await world.Run.Cancel();
        await world.WhenAtRestAsync();
        await world.World.Job(DatasetWorld.JobOf(0)).Delete();
        Assert.Empty((await CollectAsync(world)).Blobs);
        await world.Run.Delete();
        Assert.Equal(
            new[] { StorePaths.Blob(first), StorePaths.Blob(second) }.Order(StringComparer.Ordinal),
            (await CollectAsync(world)).Blobs.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Collect_TheStateOfARunIsLost_KeepsWhatItsFilesName()
    {
        await using var world = new DatasetWorld(uploads: false);
        await StartAsync(world);
        var photo = await UploadAsync(world, "photo");
        await world.Run.Create(DatasetWorld.Request(items: 1, parallel: 1));
        await world.Run.AddItems([DatasetWorld.Item(0, Request(photo))]);
        await world.World.KillAsync();
        world.World.LoseState();
        await StartAsync(world);

        Assert.Empty((await CollectAsync(world)).Blobs);
    }

    [Fact]
    public async Task Collect_ABatchIsDamaged_RemovesNothing()
    {
        await using var world = new DatasetWorld(uploads: false);
        await StartAsync(world);
        var (photo, unused) = (await UploadAsync(world, "photo"), await UploadAsync(world, "nobody's"));
        await world.Run.Create(DatasetWorld.Request(items: 1, parallel: 1));
        await world.Run.AddItems([DatasetWorld.Item(0, Request(photo))]);
        var path = Assert.Single(await world.World.FilesAsync("dataset-runs/"));
        await world.World.Files.WriteAsync(path, new MemoryStream(Encoding.UTF8.GetBytes("""{"items":[]}""")));

        var error = await Assert.ThrowsAnyAsync<Exception>(() => CollectAsync(world));

        Assert.Equal($"{path} is damaged: its bytes have another hash than its name says.", error.Message);
        Assert.NotNull(await world.World.Files.GetInfoAsync(StorePaths.Blob(unused)));
    }

    private static Task StartAsync(DatasetWorld world) => world.World.StartAsync(slots: 0, configure: (_, options) => options.CollectionGrace = TimeSpan.Zero);

    private static Task<CollectionReport> CollectAsync(DatasetWorld world) => world.World.Cluster.Client.GetGrain<ICollectorGrain>(0).Collect(dryRun: false);

    private static Task<string> UploadAsync(DatasetWorld world, string text) => world.World.Files.WriteBlobAsync(Encoding.UTF8.GetBytes(text));

    private static ImplantationRequest Request(string blob)
    {
        var request = TestWorld.Request();
        return request with { Image = blob, Objects = [request.Objects[0] with { Mask = blob }] };
    }
}
