using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;
using OrleansOneShot.TestKit.Hub;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Engine;

public sealed class SiloModelsTests : IDisposable
{
    private const string Weights = "unet/diffusion_pytorch_model.safetensors";
    private static readonly ModelPullOptions s_fast = new()
    {
        Retries = 2,
        FirstDelay = TimeSpan.FromMilliseconds(1),
        StallTime = TimeSpan.FromSeconds(20),
    };
    private readonly TestData _data = new();
    private readonly SlowStore _store;

    public SiloModelsTests() => _store = new SlowStore(new FileArtifactStore(_data["store"]));

    private static ModelEntry Tiny => new("sd15-tiny-0a0a0a0a", Repository.TinyModel, Shipped: false);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetFolder_ModelOfTheStore_IsFetchedAndEqualsTheOriginal()
    {
        var pushed = await ModelPush.RunAsync(_store, Tiny, "tiny", cancellationToken: Stop);
        var said = new List<string>();

        var folder = await Silo().GetFolderAsync("tiny", said.Add, Stop);

        Assert.Equal(new ModelCatalog(_data.Folder).GetFolder("tiny"), folder);
        Assert.Equal(ModelFolder.Open(Repository.TinyModel).Hash(), ModelFolder.Open(folder).Hash());
        Assert.All(
            pushed.Files,
            file => Assert.Equal(File.ReadAllBytes(Path.Combine(Repository.TinyModel, file.Path)), File.ReadAllBytes(Path.Combine(folder, file.Path)))
        );
        Assert.StartsWith("fetching tiny (", Assert.Single(said), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("lost")]
    [InlineData("shorter")]
    public async Task GetFolder_FetchedFileChangedSince_IsRefusedUntilItIsFetchedAgain(string how)
    {
        await ModelPush.RunAsync(_store, Tiny, "tiny", cancellationToken: Stop);
        var folder = await Silo().GetFolderAsync("tiny", _ => { }, Stop);
        Assert.Equal(folder, await Silo().GetFolderAsync("tiny", _ => { }, Stop));
        var file = Path.Combine(folder, Weights);
        var bytes = await File.ReadAllBytesAsync(file, Stop);
        if (how == "lost")
        {
            File.Delete(file);
        }
        else
        {
            bytes[^1] ^= 1;
            await File.WriteAllBytesAsync(file, how == "shorter" ? bytes[..^1] : bytes, Stop);
        }

        var error = await Assert.ThrowsAsync<OneShotException>(() => Silo().GetFolderAsync("tiny", _ => { }, Stop));

        Assert.Equal($"{Weights} of the model tiny is not what was fetched: it was damaged, changed or lost in {folder}.", error.Message);
        Directory.Delete(folder, recursive: true);
        Assert.Equal(folder, await Silo().GetFolderAsync("tiny", _ => { }, Stop));
        Assert.Equal(ModelFolder.Open(Repository.TinyModel).Hash(), ModelFolder.Open(folder).Hash());
    }

    [Fact]
    public async Task GetFolder_ModelThatTheDiskHasNoRoomFor_IsALackOfThisSilo()
    {
        var pushed = await ModelPush.RunAsync(_store, Tiny, "tiny", cancellationToken: Stop);
        Assert.True(
            await new SharedModels(_store).TryPublishAsync(
                "vast",
                [.. pushed.Files.Select(file => file.Path == Weights ? file with { Bytes = 1L << 60 } : file)],
                Stop
            )
        );
        var silo = Silo(s_fast with { MaximumFileBytes = long.MaxValue, MaximumBytes = long.MaxValue });

        var error = await Assert.ThrowsAsync<OneShotException>(() => silo.GetFolderAsync("vast", _ => { }, Stop));

        Assert.Contains("GB are needed", error.Message, StringComparison.Ordinal);
        Assert.Equal((FaultKind.Machine, true, ErrorCodes.Limit), (Fault.Of(error), Fault.IsLack(error), error.Detail.Code));
    }

    [Fact]
    public async Task GetFolder_TwoSlotsAtOnce_FetchesOnce()
    {
        var pushed = await ModelPush.RunAsync(_store, Tiny, "tiny", cancellationToken: Stop);
        _store.Reads.Clear();
        var waits = new TaskCompletionSource();
        _store.BeforeRead = _ => waits.Task; // the first stands in the middle of it until the second has come

        // Two catalogs and two services: two processes with one data folder would have no more in common.
        var first = Silo().GetFolderAsync("tiny", _ => { }, Stop);
        var second = Silo().GetFolderAsync("tiny", say => waits.TrySetResult(), Stop);
        var folders = await Task.WhenAll(first, second);

        Assert.Equal(folders[0], folders[1]);
        Assert.Equal(pushed.Files.Count + 1, _store.Reads.Count); // each file, and the manifest
    }

    [Fact]
    public async Task GetFolder_StoreAwayInTheMiddle_GoesOnLaterWhereItStopped()
    {
        var pushed = await ModelPush.RunAsync(_store, Tiny, "tiny", cancellationToken: Stop);
        var unet = pushed.Files.Single(file => file.Path == Weights);
        var broken = 2 * unet.Bytes / 3;
        var reads = 0;
        _store.BreaksAfter = path =>
            !path.EndsWith(unet.Sha256, StringComparison.Ordinal) ? null
            : Interlocked.Increment(ref reads) == 1 ? broken
            : 0;

        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => Silo().GetFolderAsync("tiny", _ => { }, Stop));
        Assert.True(error.IsTransient);
        Assert.Contains("tiny", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(new ModelCatalog(_data.Folder).List(), entry => entry.Name == "tiny");
        var before = _store.Sent;
        _store.BreaksAfter = _ => null;
        var folder = await Silo().GetFolderAsync("tiny", _ => { }, Stop);

        Assert.Equal(File.ReadAllBytes(Path.Combine(Repository.TinyModel, Weights)), await File.ReadAllBytesAsync(Path.Combine(folder, Weights), Stop));
        Assert.True(_store.Sent - before <= pushed.Files.Sum(file => file.Bytes) - broken + 100_000); // the manifest is read again, the part is not
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GetFolder_StoreWhoseBytesAreOthers_IsRefusedAndNothingIsKept(bool shorter)
    {
        var pushed = await ModelPush.RunAsync(_store, Tiny, "tiny", cancellationToken: Stop);
        var unet = pushed.Files.Single(file => file.Path == Weights);
        using (var lie = new MemoryStream(new byte[shorter ? 10 : unet.Bytes]))
        {
            await _store.WriteAsync(StoredModels.FilePath(new HostFile(unet.Path, unet.Bytes, unet.Sha256, null)), lie, WriteCondition.Any, Stop);
        }

        var error = await Assert.ThrowsAsync<OneShotException>(() => Silo().GetFolderAsync("tiny", _ => { }, Stop));

        Assert.Equal(ErrorCodes.Failed, error.Detail.Code);
        Assert.Contains("tiny", error.Message, StringComparison.Ordinal);
        Assert.Contains(Weights, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(new ModelCatalog(_data.Folder).List(), entry => entry.Name == "tiny");
        Assert.All(
            Directory
                .EnumerateFiles(Path.Combine(_data.Folder.ModelFolders, ".arriving", "tiny", "unet"), "*.safetensors*")
                .Where(path => !path.EndsWith(".json", StringComparison.Ordinal)),
            path => Assert.Equal(0, new FileInfo(path).Length)
        );

        // The same push again mends what is damaged, as the error advises.
        Assert.Equal(unet.Bytes, (await ModelPush.RunAsync(_store, Tiny, "tiny", cancellationToken: Stop)).Sent);
        await Silo().GetFolderAsync("tiny", _ => { }, Stop);
    }

    [Theory]
    [InlineData("""{"files":[{"path":"../../evil.json","bytes":1,"sha256":"HASH"}]}""", "outside")]
    [InlineData("""{"files":[{"path":"/etc/evil.json","bytes":1,"sha256":"HASH"}]}""", "outside")]
    [InlineData("""{"files":[{"path":"model_index.json","bytes":1,"sha256":"../../x"}]}""", "damaged")]
    [InlineData("""{"files":[null]}""", "damaged")]
    [InlineData(
        """{"files":[{"path":"model_index.json","bytes":1,"sha256":"HASH"},{"path":"unet/diffusion_pytorch_model.bin","bytes":1,"sha256":"HASH"}]}""",
        "lacks"
    )]
    [InlineData(
        """{"files":[{"path":"config.json","bytes":1,"sha256":"HASH"},{"path":"model.safetensors","bytes":99999999999999,"sha256":"HASH"}]}""",
        "more than"
    )]
    [InlineData("""{"fi""", "damaged")]
    public async Task GetFolder_ManifestThatCantBe_IsRefusedBeforeAnythingIsFetched(string manifest, string says)
    {
        using (var content = new MemoryStream(Encoding.UTF8.GetBytes(manifest.Replace("HASH", new string('0', 64), StringComparison.Ordinal))))
        {
            await _store.WriteAsync(StoredModels.ManifestPath("evil"), content, WriteCondition.Any, Stop);
        }

        var error = await Assert.ThrowsAsync<OneShotException>(() => Silo().GetFolderAsync("evil", _ => { }, Stop));

        Assert.Contains("evil", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Equal([StoredModels.ManifestPath("evil")], _store.Reads);
    }

    [Fact]
    public async Task GetFolder_ModelThatIsNowhere_SaysWhereItWasLookedFor()
    {
        var error = await Assert.ThrowsAsync<OneShotException>(() => Silo().GetFolderAsync("sd99", _ => { }, Stop));

        Assert.Equal(ErrorCodes.NotFound, error.Detail.Code);
        Assert.Contains("sd99", error.Message, StringComparison.Ordinal);
        Assert.Contains(_data.Folder.Root, error.Message, StringComparison.Ordinal);
        Assert.Contains("artifact store", error.Message, StringComparison.Ordinal);
        Assert.Contains(HostAddress.Variable, error.Message, StringComparison.Ordinal);
        Assert.Contains("models push", error.Detail.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetFolder_FolderGivenByPathThatIsGone_IsFetched()
    {
        var path = Directory.CreateDirectory(_data["mine"]).FullName;
        var entry = new ModelCatalog(_data.Folder).Find(path);
        new ModelCatalog(_data.Folder).Register(entry);
        Directory.Delete(path);
        await ModelPush.RunAsync(_store, Tiny, entry.Name, cancellationToken: Stop);

        Assert.Equal(Path.Combine(_data.Folder.ModelFolders, entry.Name), await Silo().GetFolderAsync(entry.Name, _ => { }, Stop));
    }

    [Fact]
    public async Task GetFolder_RepositoryOfAHost_IsFetchedFromThere()
    {
        await using var host = await TestHost.StartAsync(Repository.TinyModel);
        var unet = host.Files[Weights];
        unet.BreaksAfter = unet.Bytes.Length / 5;

        var folder = await Silo(host.Address).GetFolderAsync("toys--tiny", _ => { }, Stop);

        Assert.Equal(ModelFolder.Open(Repository.TinyModel).Hash(), ModelFolder.Open(folder).Hash());
        var missing = await Assert.ThrowsAsync<OneShotException>(() => Silo(host.Address).GetFolderAsync("toys--other", _ => { }, Stop));
        Assert.Equal(ErrorCodes.NotFound, missing.Detail.Code);
        Assert.Contains(host.Address.Authority, missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("toys--..--..--tiny")]
    [InlineData("toys--tiny--x")]
    public async Task GetFolder_NameThatIsNoRepository_IsNotAskedOfTheHost(string name)
    {
        await using var host = await TestHost.StartAsync();

        var error = await Assert.ThrowsAsync<OneShotException>(() => Silo(host.Address).GetFolderAsync(name, _ => { }, Stop));

        Assert.Equal(ErrorCodes.NotFound, error.Detail.Code);
        Assert.Empty(host.Requests);
    }

    [Theory]
    [InlineData("nowhere", null, "ONESHOT_MODELS_URL holds no web address.")]
    [InlineData("ftp://host.example", null, "no plain http or https address")]
    [InlineData("http://host.example", "secret", "would travel unencrypted to host.example")]
    [InlineData("https://host.example", "se cret", "ONESHOT_MODELS_TOKEN")]
    public void ReadHost_ThatCantBeUsed_IsRefusedWithoutASecret(string address, string? token, string says)
    {
        var error = Assert.Throws<InvalidInputException>(() => ModelPullOptions.FromEnvironment(Environment(address, token)));

        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadHost_OfTheEnvironment_IsItsAddressAndToken()
    {
        Assert.Null(ModelPullOptions.FromEnvironment(Environment(null, "secret")));
        var host = ModelPullOptions.FromEnvironment(Environment("https://host.example", "secret"))!;
        Assert.Equal(("https://host.example/", "secret"), (host.Host.AbsoluteUri, host.Token));
    }

    [Fact]
    public async Task GetFolder_HostAway_SaysSo()
    {
        var error = await Assert.ThrowsAsync<OneShotException>(() => Silo(new Uri("http://127.0.0.1:1")).GetFolderAsync("toys--tiny", _ => { }, Stop));

        Assert.Equal(ErrorCodes.Unavailable, error.Detail.Code);
        Assert.Contains("toys--tiny", error.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:1", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _data.Dispose();

    private static Func<string, string?> Environment(string? address, string? token) =>
        name =>
            name == HostAddress.Variable ? address
            : name == HostToken.Variable ? token
            : null;

    private SiloModels Silo(ModelPullOptions options) =>
        new(_data.Folder, new ModelCatalog(_data.Folder), _store, options, hasHost: false, NullLogger<SiloModels>.Instance);

    private SiloModels Silo(Uri? host = null) =>
        new(
            _data.Folder,
            new ModelCatalog(_data.Folder),
            _store,
            host is null ? s_fast : s_fast with { Host = host },
            host is not null,
            NullLogger<SiloModels>.Instance
        );
}
