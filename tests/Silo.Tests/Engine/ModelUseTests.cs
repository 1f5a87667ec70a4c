using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Retention;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Azure;
using OrleansOneShot.Storage.Files;
using OrleansOneShot.TestKit.Servers;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Engine;

/// <summary>Who uses a model of the store says so, and a collection listens: over every kind of store.</summary>
public abstract class ModelUseTests : IDisposable
{
    private static readonly IReadOnlySet<string> s_nobody = new HashSet<string>();

    private readonly TestData _data = new();

    private static ModelEntry Tiny => new("tiny", Repository.TinyModel, Shipped: false);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Collect_AModelThatNobodyUsesForLong_TakesAllOfItAndItCanBePutThereAgain()
    {
        await using var store = await OpenAsync(_data["store"]);
        var pushed = await ModelPush.RunAsync(store.Store, Tiny, "tiny", cancellationToken: Stop);

        Assert.Empty(await CollectAsync(store.Store, TimeSpan.FromDays(29)));
        Assert.Empty(await CollectAsync(store.Store, TimeSpan.FromDays(31), "tiny"));
        var gone = await CollectAsync(store.Store, TimeSpan.FromDays(31));

        Assert.Equal(pushed.Files.Select(file => file.Sha256).Distinct().Count() + 1, gone.Count);
        Assert.Null(await new StoredModels(store.Store).ReadAsync("tiny", Stop));
        Assert.Equal(pushed.Sent, (await ModelPush.RunAsync(store.Store, Tiny, "tiny", cancellationToken: Stop)).Sent);
    }

    [Fact]
    public async Task RunAsync_AModelThatIsThere_MarksItWithoutSendingIt()
    {
        await using var store = await OpenAsync(_data["store"]);
        await ModelPush.RunAsync(store.Store, Tiny, "tiny", cancellationToken: Stop);
        var watched = new SlowStore(store.Store);

        Assert.Equal(0, (await ModelPush.RunAsync(watched, Tiny, cancellationToken: Stop)).Sent);

        Assert.Equal([StoredModels.ManifestPath("tiny")], watched.Touches);
    }

    [Fact]
    public async Task RunAsync_TheModelIsCollectedMeanwhile_IsSentAgain()
    {
        await using var store = await OpenAsync(_data["store"]);
        var first = await ModelPush.RunAsync(store.Store, Tiny, "tiny", cancellationToken: Stop);
        var watched = new SlowStore(store.Store)
        {
            BeforeTouch = path => path == StoredModels.ManifestPath("tiny") ? store.Store.DeleteAsync(path, Stop) : Task.CompletedTask,
        };

        var again = await ModelPush.RunAsync(watched, Tiny, cancellationToken: Stop);

        Assert.Equal("tiny", again.Name);
        Assert.NotNull(await new StoredModels(store.Store).ReadAsync("tiny", Stop));
        // Its files were marked one by one: a collection that knows no manifest of theirs spares them.
        Assert.Equal(
            first.Files.Select(file => SharedModelPaths.File(file.Sha256)).Distinct().Order(StringComparer.Ordinal),
            watched.Touches.Where(path => path.StartsWith(SharedModelPaths.Files, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task GetFolder_EachUse_IsMarkedOnceADay()
    {
        await using var store = await OpenAsync(_data["store"]);
        await ModelPush.RunAsync(store.Store, Tiny, "tiny", cancellationToken: Stop);
        var watched = new SlowStore(store.Store);
        var (first, second) = (Models(watched), Models(watched)); // two processes of one data folder

        await first.GetFolderAsync("tiny", _ => { }, Stop);
        Assert.Single(watched.Touches);
        await first.GetFolderAsync("tiny", _ => { }, Stop);
        Assert.Single(watched.Touches);
        await second.GetFolderAsync("tiny", _ => { }, Stop); // it lies here by now

        Assert.Equal([StoredModels.ManifestPath("tiny"), StoredModels.ManifestPath("tiny")], watched.Touches);
    }

    [Fact]
    public async Task GetFolder_TheStoreIsAway_UsesWhatIsHere()
    {
        await using var store = await OpenAsync(_data["store"]);
        await ModelPush.RunAsync(store.Store, Tiny, "tiny", cancellationToken: Stop);
        var folder = await Models(store.Store).GetFolderAsync("tiny", _ => { }, Stop);
        var away = new SlowStore(store.Store)
        {
            BeforeTouch = _ => throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, "The store does not answer."),
        };

        Assert.Equal(folder, await Models(away).GetFolderAsync("tiny", _ => { }, Stop));
    }

    public void Dispose()
    {
        _data.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<OpenStore> OpenAsync(string folder);

    private SiloModels Models(IArtifactStore store) =>
        new(_data.Folder, new ModelCatalog(_data.Folder), store, new ModelPullOptions(), hasHost: false, NullLogger<SiloModels>.Instance);

    private static Task<IReadOnlyList<StoredFile>> CollectAsync(IArtifactStore store, TimeSpan later, params string[] inUse) =>
        new ModelCollector(store, Microsoft.Extensions.Options.Options.Create(new OneShotGrainsOptions { Clock = new LaterClock(later) })).CollectAsync(
            dryRun: false,
            () => Task.FromResult(inUse.Length == 0 ? s_nobody : inUse.ToHashSet()),
            Stop
        );

    private protected sealed record OpenStore(IArtifactStore Store, IAsyncDisposable? Server) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private sealed class LaterClock(TimeSpan later) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + later;
    }
}

public sealed class FileModelUseTests : ModelUseTests
{
    private protected override Task<OpenStore> OpenAsync(string folder) => Task.FromResult(new OpenStore(new FileArtifactStore(folder), null));
}

public sealed class AzureModelUseTests : ModelUseTests
{
    private protected override async Task<OpenStore> OpenAsync(string folder)
    {
        var azurite = await AzuriteServer.StartAsync();
        return new OpenStore(new AzureBlobLocation(new AzureBlobOptions { ConnectionString = azurite.ConnectionString, Container = "models" }).Open(), azurite);
    }
}
