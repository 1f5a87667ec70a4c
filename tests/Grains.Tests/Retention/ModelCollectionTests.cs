using System.Text;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Retention;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Retention;

/// <summary>Which models of the store the collection takes: those that no job names and nobody has used for long.</summary>
public sealed class ModelCollectionTests
{
    private const string Common = "c0";
    private const string Own = "0a";
    private static readonly TimeSpan s_long = TimeSpan.FromDays(31);

    [Fact]
    public async Task Collect_AModelThatNobodyUses_GoesWithTheFilesThatNoOtherNeeds()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await PutAsync(world, "old", Common, Own);
        await PutAsync(world, "other", Common);
        Age(world, Manifest("old"), File(Common), File(Own));
        string[] expected = [Manifest("old"), File(Own)];

        Assert.Equal(expected, (await CollectAsync(world, dryRun: true)).Models);
        Assert.Equal(4, (await world.FilesAsync("shared-models/")).Count);
        var report = await CollectAsync(world);

        Assert.Equal(expected, report.Models);
        Assert.Equal(Content(Common, Own).Length + Own.Length, report.Bytes);
        Assert.Equal([Manifest("other"), File(Common)], await world.FilesAsync("shared-models/"));
    }

    [Fact]
    public async Task Collect_AModelThatAJobNames_StaysUntilTheJobIsDeleted()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        await PutAsync(world, "base", Common);
        await PutAsync(world, "eyes", Own);
        Age(world, Manifest("base"), Manifest("eyes"), File(Common), File(Own));
        var gate = world.Engine.GateAt("j1", 1, "step 1");
        await SubmitAsync(world, "j1", "base", "eyes");
        await gate.Reached;

        Assert.Empty((await CollectAsync(world)).Models);
        gate.Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Empty((await CollectAsync(world)).Models);
        await world.Job("j1").Delete();

        Assert.Equal(4, (await CollectAsync(world)).Models.Length);
        Assert.Empty(await world.FilesAsync("shared-models/"));
    }

    [Fact]
    public async Task Collect_PartsThatNobodyHasCompletedForADay_GoAndOthersStay()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        string[] parts = [SharedModelPaths.Part(Own, 0), SharedModelPaths.Part(Own, 64 << 20)];
        foreach (var part in parts)
        {
            await world.Files.WriteAsync(part, new MemoryStream([1, 2, 3]));
        }
        System.IO.File.SetLastWriteTimeUtc(world.PathOf(parts[0]), DateTime.UtcNow.AddHours(-25));

        Assert.Equal([parts[0]], (await CollectAsync(world)).Models);
        Assert.Equal([parts[1]], await world.FilesAsync("shared-models/"));
    }

    [Fact]
    public async Task Collect_AModelThatWasUsedOfLate_Stays()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await PutAsync(world, "used", Own);
        Age(world, Manifest("used"), File(Own));
        Assert.True(await world.Store.TouchAsync(Manifest("used")));

        Assert.Empty((await CollectAsync(world)).Models);
        Assert.Equal(2, (await world.FilesAsync("shared-models/")).Count);
    }

    [Fact]
    public async Task Collect_UsedBetweenListingAndDeleting_Stays()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await PutAsync(world, "used", Own);
        Age(world, Manifest("used"), File(Own));
        world.Store.BeforeDeleteUnused = async path => await world.Files.TouchAsync(path);

        Assert.Empty((await CollectAsync(world)).Models);
        Assert.Equal(2, (await world.FilesAsync("shared-models/")).Count);
    }

    [Fact]
    public async Task Collect_AJobIsSubmittedWhileItsModelGoes_TheModelIsPutBack()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await PutAsync(world, "wanted", Own);
        Age(world, Manifest("wanted"), File(Own));
        var before = await world.Files.ReadAllBytesAsync(Manifest("wanted"));
        world.Store.BeforeDeleteUnused = path => path == Manifest("wanted") ? SubmitAsync(world, "j1", "wanted") : Task.CompletedTask;

        Assert.Empty((await CollectAsync(world)).Models);
        Assert.Equal(before, await world.Files.ReadAllBytesAsync(Manifest("wanted")));
        Assert.NotNull(await world.Files.GetInfoAsync(File(Own)));
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"files":[{"path":"x"}]}""")]
    public async Task Collect_AManifestThatCanNotBeRead_KeepsEveryFile(string damaged)
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await world.Files.WriteAsync(Manifest("damaged"), new MemoryStream(Encoding.UTF8.GetBytes(damaged)));
        await PutAsync(world, "old", Own);
        Age(world, Manifest("old"), File(Own));

        Assert.Equal([Manifest("old")], (await CollectAsync(world)).Models);
        Assert.NotNull(await world.Files.GetInfoAsync(File(Own)));
    }

    [Fact]
    public async Task Collect_FilesThatAreBeingSent_StayAlthoughNoManifestNamesThem()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await WriteAsync(world, Own);

        Assert.Empty((await CollectAsync(world)).Models);
        Age(world, File(Own));
        Assert.Equal([File(Own)], (await CollectAsync(world)).Models);
    }

    private static string Hash(string digits) => digits.PadRight(64, '0');

    private static string File(string digits) => SharedModelPaths.File(Hash(digits));

    private static string Manifest(string name) => SharedModelPaths.Manifest(name);

    private static string Content(params string[] files) =>
        $$"""{"files":[{{string.Join(',', files.Select(file => $$"""{"path":"{{file}}.json","bytes":2,"sha256":"{{Hash(file)}}"}"""))}}]}""";

    private static async Task PutAsync(TestWorld world, string name, params string[] files)
    {
        foreach (var file in files)
        {
            await WriteAsync(world, file);
        }
        await world.Files.WriteAsync(Manifest(name), new MemoryStream(Encoding.UTF8.GetBytes(Content(files))));
    }

    private static Task<ArtifactInfo> WriteAsync(TestWorld world, string file) =>
        world.Files.WriteAsync(File(file), new MemoryStream(Encoding.UTF8.GetBytes(file)));

    private static void Age(TestWorld world, params string[] paths)
    {
        foreach (var path in paths)
        {
            System.IO.File.SetLastWriteTimeUtc(world.PathOf(path), DateTime.UtcNow - s_long);
        }
    }

    private static Task<CollectionReport> CollectAsync(TestWorld world, bool dryRun = false) =>
        world.Cluster.Client.GetGrain<ICollectorGrain>(0).Collect(dryRun);

    private static Task<ImplantationStatus> SubmitAsync(TestWorld world, string id, string model, string? clip = null) =>
        world
            .Job(id)
            .Submit(
                TestWorld.Request() with
                {
                    Model = new() { Name = model, Clip = clip },
                }
            );
}
