using OrleansOneShot.Client.Models;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Client.Tests.Models;

/// <summary>A cluster gets a model once, whole, under a name that is nobody else's.</summary>
public sealed class ModelTransferTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly SlowStore _store;
    private readonly FolderModel _tiny;
    private readonly FolderModel _clip;

    public ModelTransferTests()
    {
        _store = new SlowStore(new FileArtifactStore(_folder["store"]));
        var tiny = _folder["sd15-tiny"];
        Write(tiny, "model_index.json", 30);
        Write(tiny, "unet/diffusion_pytorch_model.safetensors", 300_000);
        Write(tiny, "clip/config.json", 20);
        Write(tiny, "clip/model.safetensors", 1000);
        _tiny = new FolderModel("sd15-tiny-0a0a0a0a", tiny);
        _clip = new FolderModel("clip", Path.Combine(tiny, "clip"));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SendAsync_WithoutAName_IsNamedByItsContentAndSentOnce()
    {
        var told = new Told();
        var first = await SendAsync(_tiny, progress: told);
        var writes = _store.Writes.ToArray();
        var second = await SendAsync(_tiny with { Name = "other" });

        Assert.StartsWith("sd15-tiny-", first.Name, StringComparison.Ordinal);
        Assert.Equal(first.Name, second.Name);
        Assert.Equal(first.Files.Sum(file => file.Bytes), first.Sent);
        Assert.Equal(0, second.Sent);
        Assert.Equal(writes, _store.Writes);
        Assert.Equal(SharedModelPaths.Manifest(first.Name), writes[^1]); // last
        Assert.Equal((first.Sent, first.Sent), (told.All[^1].Bytes, told.All[^1].Total));
    }

    [Fact]
    public async Task SendAsync_AModelThatIsThereUnderItsOwnName_KeepsThatName()
    {
        await SendAsync(_tiny, "tiny");

        var again = await SendAsync(_tiny with { Name = "tiny" });

        Assert.Equal(("tiny", 0), (again.Name, again.Sent));
    }

    [Fact]
    public async Task SendAsync_AFileOfItWasDeletedFromTheStore_SendsThatOne()
    {
        var first = await SendAsync(_tiny);
        var lost = first.Files.MaxBy(file => file.Bytes)!;
        var path = SharedModelPaths.File(lost.Sha256);
        await _store.DeleteAsync(path, Stop);

        var again = await SendAsync(_tiny);

        Assert.Equal((first.Name, lost.Bytes), (again.Name, again.Sent));
        Assert.Equal(lost.Sha256, (await _store.GetInfoAsync(path, Stop))?.Sha256);
    }

    [Fact]
    public async Task SendAsync_AByteOfAFileHasFlippedInTheStore_SendsThatOneAgain()
    {
        var first = await SendAsync(_tiny);
        var damaged = first.Files.MaxBy(file => file.Bytes)!;
        var path = SharedModelPaths.File(damaged.Sha256);
        using (var stored = new FileStream(Path.Combine(_folder["store"], path), FileMode.Open))
        {
            stored.Position = damaged.Bytes / 2;
            var flipped = (byte)(stored.ReadByte() ^ 1);
            stored.Position--;
            stored.WriteByte(flipped);
        }

        // What the store says of it may still be the hash that it was written with, as a blob's metadata does.
        _store.Remembers = asked => asked == path ? new ArtifactInfo(path, damaged.Bytes, damaged.Sha256) : null;
        var again = await SendAsync(_tiny);

        Assert.Equal((first.Name, damaged.Bytes), (again.Name, again.Sent));
        _store.Remembers = _ => null;
        Assert.Equal(damaged.Sha256, (await _store.GetInfoAsync(path, Stop))?.Sha256);
        Assert.Equal(0, (await SendAsync(_tiny)).Sent);
    }

    [Theory]
    [InlineData(".hidden-0a0a0a0a")]
    [InlineData("-x-0a0a0a0a")]
    [InlineData("x.")]
    public async Task SendAsync_AFolderWhoseNameNoRequestCanHold_IsNamedByItsContent(string name) =>
        Assert.StartsWith("sd15-tiny-", (await SendAsync(_tiny with { Name = name })).Name, StringComparison.Ordinal);

    [Fact]
    public async Task SendAsync_AnotherModelOfThatName_IsAConflictAndHarmsNobody()
    {
        await SendAsync(_tiny, "tiny");

        var error = await Assert.ThrowsAsync<OneShotException>(() => SendAsync(_clip, "tiny"));

        Assert.Equal(ErrorCodes.Conflict, error.Detail.Code);
        Assert.Contains(await new SharedModels(_store).ReadAsync("tiny", Stop) ?? [], file => file.Path == "model_index.json");
        Assert.Equal(0, (await SendAsync(_clip, "eyes")).Sent); // its files lie in the base model already
    }

    [Fact]
    public async Task SendAsync_AFileThatIsChangedMeanwhile_IsAConflictAndLeavesNothingOfIt()
    {
        var error = await Assert.ThrowsAsync<OneShotException>(() => SendAsync(_clip with { Sends = [1, 2, 3] }, "eyes"));

        Assert.Equal((ErrorCodes.Conflict, "model"), (error.Detail.Code, error.Detail.Field));
        Assert.StartsWith("config.json", error.Message, StringComparison.Ordinal);
        Assert.Empty(await _store.ListAsync("", Stop).ToListAsync(Stop));
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("a/b")]
    [InlineData("-x")]
    [InlineData(".x")]
    [InlineData("x.")]
    [InlineData("")]
    public async Task SendAsync_AName_ThatIsNone_IsRefused(string name)
    {
        var error = await Assert.ThrowsAsync<OneShotException>(() => SendAsync(_tiny, name));

        Assert.Equal((ErrorCodes.InvalidInput, "name"), (error.Detail.Code, error.Detail.Field));
        Assert.Empty(_store.Writes);
    }

    [Fact]
    public async Task SendAsync_TheManifestThereIsDamaged_SaysSoAndWhatToDo()
    {
        await _store.WriteAsync(SharedModelPaths.Manifest("tiny"), new MemoryStream([1, 2, 3]), cancellationToken: Stop);

        var error = await Assert.ThrowsAsync<OneShotException>(() => SendAsync(_tiny, "tiny"));

        Assert.Equal((ErrorCodes.Failed, "model"), (error.Detail.Code, error.Detail.Field));
        Assert.Contains(SharedModelPaths.Manifest("tiny"), error.Message, StringComparison.Ordinal);
        Assert.Contains("models push", error.Detail.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NameAsync_AModelThatCameWithTheProgram_IsNotSent()
    {
        Assert.Equal("toyworld-64", await new ModelTransfer(_store).NameAsync(_tiny with { Name = "toyworld-64", IsShipped = true }, cancellationToken: Stop));
        Assert.Empty(_store.Writes);
    }

    [Fact]
    public async Task NameAsync_AModelThatTheClientAloneHas_IsSent()
    {
        var name = await new ModelTransfer(_store).NameAsync(_tiny, cancellationToken: Stop);

        Assert.Equal(name, (await SendAsync(_tiny)).Name);
        Assert.Equal(await _tiny.ListAsync(Stop), await new SharedModels(_store).ReadAsync(name, Stop));
    }

    public void Dispose() => _folder.Dispose();

    private Task<SentModel> SendAsync(FolderModel model, string? name = null, IProgress<TransferProgress>? progress = null) =>
        new ModelTransfer(_store).SendAsync(model, name, progress, Stop);

    private static void Write(string folder, string path, int bytes)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        File.WriteAllBytes(file, content);
    }
}
