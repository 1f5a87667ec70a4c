using OrleansOneShot.Compute;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.ModelHub.Tests;

public sealed class ModelPushTests : IDisposable
{
    private readonly TestData _data = new();
    private readonly SlowStore _store;

    public ModelPushTests() => _store = new SlowStore(new FileArtifactStore(_data["store"]));

    private static ModelEntry Tiny => new("sd15-tiny-0a0a0a0a", Repository.TinyModel, Shipped: false);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_WithoutAName_IsNamedByItsContentAndSentOnce()
    {
        var told = new List<PullProgress>();
        var first = await ModelPush.RunAsync(_store, Tiny, progress: new Watch(told.Add), cancellationToken: Stop);
        var writes = _store.Writes.ToArray();
        var second = await ModelPush.RunAsync(_store, Tiny with { Name = "other" }, cancellationToken: Stop);

        Assert.StartsWith("sd15-tiny-", first.Name, StringComparison.Ordinal);
        Assert.Equal(first.Name, second.Name);
        Assert.Equal(first.Files.Sum(file => file.Bytes), first.Sent);
        Assert.Equal(0, second.Sent);
        Assert.Equal(writes, _store.Writes);
        Assert.Equal(StoredModels.ManifestPath(first.Name), writes[^1]); // last
        Assert.Equal((first.Sent, first.Sent), (told[^1].Bytes, told[^1].Total));
    }

    [Fact]
    public async Task RunAsync_AModelThatIsThereUnderItsOwnName_KeepsThatName()
    {
        await ModelPush.RunAsync(_store, Tiny, "tiny", cancellationToken: Stop);

        var again = await ModelPush.RunAsync(_store, Tiny with { Name = "tiny" }, cancellationToken: Stop);

        Assert.Equal(("tiny", 0), (again.Name, again.Sent));
    }

    [Fact]
    public async Task RunAsync_AFileOfItWasDeletedFromTheStore_SendsThatOne()
    {
        var first = await ModelPush.RunAsync(_store, Tiny, cancellationToken: Stop);
        var lost = first.Files.MaxBy(file => file.Bytes)!;
        var path = StoredModels.FilePath(new HostFile(lost.Path, lost.Bytes, lost.Sha256, null));
        await _store.DeleteAsync(path, Stop);

        var again = await ModelPush.RunAsync(_store, Tiny, cancellationToken: Stop);

        Assert.Equal((first.Name, lost.Bytes), (again.Name, again.Sent));
        Assert.Equal(lost.Sha256, (await _store.GetInfoAsync(path, Stop))?.Sha256);
    }

    [Fact]
    public async Task RunAsync_AByteOfAFileHasFlippedInTheStore_SendsThatOneAgain()
    {
        var first = await ModelPush.RunAsync(_store, Tiny, cancellationToken: Stop);
        var damaged = first.Files.MaxBy(file => file.Bytes)!;
        var path = StoredModels.FilePath(new HostFile(damaged.Path, damaged.Bytes, damaged.Sha256, null));
        using (var stored = new FileStream(Path.Combine(_data["store"], path), FileMode.Open))
        {
            stored.Position = damaged.Bytes / 2;
            var flipped = (byte)(stored.ReadByte() ^ 1);
            stored.Position--;
            stored.WriteByte(flipped);
        }

        // What the store says of it may still be the hash that it was written with, as a blob's metadata does.
        _store.Remembers = asked => asked == path ? new ArtifactInfo(path, damaged.Bytes, damaged.Sha256) : null;
        var again = await ModelPush.RunAsync(_store, Tiny, cancellationToken: Stop);

        Assert.Equal((first.Name, damaged.Bytes), (again.Name, again.Sent));
        _store.Remembers = _ => null;
        Assert.Equal(damaged.Sha256, (await _store.GetInfoAsync(path, Stop))?.Sha256);
        Assert.Equal(0, (await ModelPush.RunAsync(_store, Tiny, cancellationToken: Stop)).Sent);
    }

    [Theory]
    [InlineData(".hidden-0a0a0a0a")]
    [InlineData("-x-0a0a0a0a")]
    public async Task RunAsync_AFolderWhoseNameNoRequestCanHold_IsNamedByItsContent(string name) =>
        Assert.StartsWith("sd15-tiny-", (await ModelPush.RunAsync(_store, Tiny with { Name = name }, cancellationToken: Stop)).Name, StringComparison.Ordinal);

    [Fact]
    public async Task RunAsync_AnotherModelOfThatName_IsAConflictAndHarmsNobody()
    {
        await ModelPush.RunAsync(_store, Tiny, "tiny", cancellationToken: Stop);
        var clip = new ModelEntry("clip", Path.Combine(Repository.TinyModel, "clip"), Shipped: false, ModelKind.Clip);

        var error = await Assert.ThrowsAsync<OneShotException>(() => ModelPush.RunAsync(_store, clip, "tiny", cancellationToken: Stop));

        Assert.Equal(ErrorCodes.Conflict, error.Detail.Code);
        Assert.Contains(await new StoredModels(_store).ReadAsync("tiny", Stop) ?? [], file => file.Path == "model_index.json");
        Assert.Equal(0, (await ModelPush.RunAsync(_store, clip, "eyes", cancellationToken: Stop)).Sent); // its files lie in the base model already
    }

    [Fact]
    public async Task RunAsync_PicklesAndOtherFiles_StayWhereTheyAre()
    {
        var folder = _data["model"];
        foreach (var path in Directory.EnumerateFiles(Repository.TinyModel, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(Repository.TinyModel, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "unet", "diffusion_pytorch_model.bin"), "pickle", Stop);
        await File.WriteAllTextAsync(Path.Combine(folder, "id_rsa"), "private", Stop);

        var pushed = await ModelPush.RunAsync(_store, Tiny with { Folder = folder }, cancellationToken: Stop);

        Assert.All(pushed.Files, file => Assert.Contains(Path.GetExtension(file.Path), (string[])[".json", ".txt", ".safetensors"]));
        Assert.Equal(pushed.Files.Select(file => file.Sha256).Distinct().Count() + 1, _store.Writes.Distinct().Count());
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("a/b")]
    [InlineData("-x")]
    [InlineData(".x")]
    [InlineData("")]
    public async Task RunAsync_AName_ThatIsNone_IsRefused(string name)
    {
        await Assert.ThrowsAsync<InvalidInputException>(() => ModelPush.RunAsync(_store, Tiny, name, cancellationToken: Stop));
        Assert.Empty(_store.Writes);
    }

    [Fact]
    public async Task RunAsync_AFolderWithoutAModel_SaysWhatIsMissing()
    {
        var folder = Directory.CreateDirectory(_data["empty"]).FullName;
        var error = await Assert.ThrowsAsync<InvalidInputException>(() => ModelPush.RunAsync(_store, Tiny with { Folder = folder }, cancellationToken: Stop));
        Assert.Contains(folder, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _data.Dispose();

    private sealed class Watch(Action<PullProgress> see) : IProgress<PullProgress>
    {
        public void Report(PullProgress value) => see(value);
    }
}
