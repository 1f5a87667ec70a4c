using System.Text;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Cli.Tests.Sessions;

/// <summary>What a download copies is what was published, or nothing.</summary>
public sealed class ResultFolderTests : IDisposable
{
    private const string Id = "20260101-000000-00000000";

    private readonly TestFolder _folder = new();
    private readonly FileArtifactStore _store;

    public ResultFolderTests() => _store = new FileArtifactStore(_folder["store"]);

    [Fact]
    public async Task FillAsync_SoundResult_CopiesItWithItsManifest()
    {
        await PublishAsync();

        await ResultFolder.FillAsync(_store, Id, _folder["out"], manifest: null, TestContext.Current.CancellationToken);

        Assert.Equal(["cat.safetensors", "manifest.json", "samples/1.png"], Files("out"));
        Assert.Equal("weights", await File.ReadAllTextAsync(_folder["out/cat.safetensors"], TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("cat.safetensors", 0)]
    [InlineData("samples/1.png", 3)]
    public async Task FillAsync_AByteOfAFileFlipped_NamesItAndLeavesNothing(string file, int at)
    {
        await PublishAsync();
        var path = Path.Combine(_folder["store"], StorePaths.EpochResult(Id, 1) + file);
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<ArtifactCorruptException>(() =>
            ResultFolder.FillAsync(_store, Id, _folder["out"], manifest: null, TestContext.Current.CancellationToken)
        );

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Equal(["store"], Directory.EnumerateFileSystemEntries(_folder.Root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task FillAsync_FileCutOff_LeavesAnOlderDownloadAsItWas()
    {
        await PublishAsync();
        await ResultFolder.FillAsync(_store, Id, _folder["out"], manifest: null, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder["out/cat.safetensors"], "older", TestContext.Current.CancellationToken);
        var path = Path.Combine(_folder["store"], StorePaths.EpochResult(Id, 1) + "samples/1.png");
        await File.WriteAllTextAsync(path, "pic", TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<ArtifactCorruptException>(() =>
            ResultFolder.FillAsync(_store, Id, _folder["out"], manifest: null, TestContext.Current.CancellationToken)
        );

        Assert.Equal("older", await File.ReadAllTextAsync(_folder["out/cat.safetensors"], TestContext.Current.CancellationToken));
        Assert.Equal(["out", "store"], Directory.EnumerateFileSystemEntries(_folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

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
