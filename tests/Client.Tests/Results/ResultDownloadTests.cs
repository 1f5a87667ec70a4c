using System.Text;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Client.Tests.Results;

/// <summary>What a download copies is what was published, or nothing.</summary>
public sealed class ResultDownloadTests : IDisposable
{
    private const string Id = "20260101-000000-00000000";

    private readonly TestFolder _folder = new();
    private readonly FileArtifactStore _store;

    public ResultDownloadTests() => _store = new FileArtifactStore(_folder["store"]);

    [Fact]
    public async Task RunAsync_SoundResult_CopiesItWithItsManifest()
    {
        await PublishAsync();

        await DownloadAsync();

        Assert.Equal(["cat.safetensors", "manifest.json", "samples/1.png"], Files("out"));
        Assert.Equal("weights", await File.ReadAllTextAsync(_folder["out/cat.safetensors"], TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("cat.safetensors", 0)]
    [InlineData("samples/1.png", 3)]
    public async Task RunAsync_AByteOfAFileFlipped_NamesItAndLeavesNothing(string file, int at)
    {
        await PublishAsync();
        var path = Path.Combine(_folder["store"], StorePaths.EpochResult(Id, 1) + file);
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<ArtifactCorruptException>(() => DownloadAsync());

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Equal(["store"], Directory.EnumerateFileSystemEntries(_folder.Root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task RunAsync_FileCutOff_LeavesAnOlderDownloadAsItWas()
    {
        await PublishAsync();
        await DownloadAsync();
        await File.WriteAllTextAsync(_folder["out/cat.safetensors"], "older", TestContext.Current.CancellationToken);
        var path = Path.Combine(_folder["store"], StorePaths.EpochResult(Id, 1) + "samples/1.png");
        await File.WriteAllTextAsync(path, "pic", TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<ArtifactCorruptException>(() => DownloadAsync());

        Assert.Equal("older", await File.ReadAllTextAsync(_folder["out/cat.safetensors"], TestContext.Current.CancellationToken));
        Assert.Equal(["out", "store"], Directory.EnumerateFileSystemEntries(_folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task RunAsync_ManifestThatTheJobKnows_IsThatOneOrNone()
    {
        await PublishAsync();
        var manifest = (await _store.GetInfoAsync(StorePaths.Manifest(Id), TestContext.Current.CancellationToken))!;
        var known = new JobFile(StorePaths.ManifestName, manifest.Bytes, manifest.Sha256);

        await Assert.ThrowsAsync<ArtifactCorruptException>(() => DownloadAsync(known with { Sha256 = new string('0', 64) }));
        Assert.False(Directory.Exists(_folder["out"]));

        await DownloadAsync(known);
        Assert.Equal(3, Files("out").Count());
    }

    [Fact]
    public async Task RunAsync_NoManifest_NamesWhatIsLostAndLeavesNothing()
    {
        var error = await Assert.ThrowsAsync<FileNotFoundException>(() => DownloadAsync());

        Assert.Contains(StorePaths.Manifest(Id), error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public async Task RunAsync_Progress_EndsWithAllBytesOfTheFiles()
    {
        await PublishAsync();
        var told = new Told();

        await DownloadAsync(progress: told);

        Assert.Equal((14, 14, 14), (told.All[^1].Bytes, told.All[^1].Total, told.All[^1].Moved));
    }

    [Fact]
    public async Task DownloadedResult_OfADownload_IsWholeUntilAByteOfItChanges()
    {
        await PublishAsync();
        Assert.False(DownloadedResult.IsWhole(_folder["out"]));
        await DownloadAsync();
        Assert.True(DownloadedResult.IsWhole(_folder["out"]));
        string[] files = [_folder["out/cat.safetensors"], _folder["out/unlisted"]];
        Assert.Null(DownloadedResult.FindDamaged(_folder["out"], _folder["out/manifest.json"], files));

        await File.WriteAllTextAsync(_folder["out/cat.safetensors"], "Weights", TestContext.Current.CancellationToken);

        Assert.False(DownloadedResult.IsWhole(_folder["out"]));
        Assert.Equal(files[0], DownloadedResult.FindDamaged(_folder["out"], _folder["out/manifest.json"], files));
    }

    public void Dispose() => _folder.Dispose();

    private Task DownloadAsync(JobFile? manifest = null, IProgress<TransferProgress>? progress = null) =>
        new ResultDownload(_store).RunAsync(Id, _folder["out"], manifest, progress, TestContext.Current.CancellationToken);

    private IEnumerable<string> Files(string name) =>
        Directory
            .EnumerateFiles(_folder[name], "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(_folder[name], file))
            .Order(StringComparer.Ordinal);

    private async Task PublishAsync()
    {
        var lines = new List<string>();
        foreach (var (path, text) in new[] { ("cat.safetensors", "weights"), ("samples/1.png", "picture") })
        {
            var stored = await _store.WriteAsync(StorePaths.EpochResult(Id, 1) + path, new MemoryStream(Encoding.UTF8.GetBytes(text)));
            lines.Add($$"""{"path":"{{path}}","stored":"epochs/1/result/{{path}}","bytes":{{stored.Bytes}},"sha256":"{{stored.Sha256}}"}""");
        }

        var manifest = $$"""{"id":"{{Id}}","files":[{{string.Join(',', lines)}}]}""";
        await _store.WriteAsync(StorePaths.Manifest(Id), new MemoryStream(Encoding.UTF8.GetBytes(manifest)));
    }
}
