using System.Text;

namespace OrleansOneShot.Storage.Tests;

/// <summary>Published results: the folder that people see, and the manifest that programs read.</summary>
public abstract partial class ArtifactStoreConformance
{
    private const string Manifest =
        """{"files": [{"path": "samples/a.png", "bytes": 3, "sha256": "aa", "stored": "epochs/2/result/samples/a.png"}, {"path": "b", "bytes": 1, "sha256": "bb"}]}""";

    [Fact]
    public async Task ShowAsync_Folder_LeavesTheFilesWhereTheyAre()
    {
        await Write("jobs/j/epochs/1/result/a", "one");
        await Write("jobs/j/epochs/1/result/samples/b", "two");
        await Store.ShowAsync("jobs/j/epochs/1/result/", "jobs/j/result/");
        await Store.ShowAsync("jobs/j/epochs/9/result/", "jobs/k/result/");
        Assert.Equal(["jobs/j/epochs/1/result/a", "jobs/j/epochs/1/result/samples/b"], await List("jobs/j/epochs/"));
        Assert.Empty(await List("jobs/k/"));
        // A store without folders shows nothing; one with folders shows all.
        var shown = await List("jobs/j/result/");
        Assert.True(shown.Count == 0 || shown.SequenceEqual(["jobs/j/result/a", "jobs/j/result/samples/b"]), string.Join(", ", shown));
    }

    [Fact]
    public async Task PublishedResult_Manifest_TellsWhereTheFilesLie()
    {
        await Write(StorePaths.Manifest("j"), Manifest);
        var published = (await PublishedResult.ReadAsync(Store, "j"))!;
        Assert.Equal(Manifest, Encoding.UTF8.GetString(published.Manifest.Span));
        Assert.Equal(
            [
                new PublishedFile("samples/a.png", new ArtifactInfo("jobs/j/epochs/2/result/samples/a.png", 3, "aa")),
                new PublishedFile("b", new ArtifactInfo("jobs/j/result/b", 1, "bb")),
            ],
            published.Files
        );
    }

    [Fact]
    public async Task PublishedResult_NoManifest_IsNull() => Assert.Null(await PublishedResult.ReadAsync(Store, "none"));

    [Fact]
    public async Task PublishedResult_ManifestOfKnownLengthAndHash_IsReadAgainstThem()
    {
        await Write(StorePaths.Manifest("j"), Manifest);

        Assert.Equal(2, (await PublishedResult.ReadAsync(Store, "j", Manifest.Length, Hash(Manifest))).Files.Count);

        await Assert.ThrowsAsync<FileNotFoundException>(() => PublishedResult.ReadAsync(Store, "none", Manifest.Length, Hash(Manifest)));
        await Assert.ThrowsAsync<ArtifactCorruptException>(() => PublishedResult.ReadAsync(Store, "j", Manifest.Length, Hash(Manifest + " ")));
        await Write(StorePaths.Manifest("j"), Manifest.Replace("\"bb\"", "\"bc\"", StringComparison.Ordinal));
        await Assert.ThrowsAsync<ArtifactCorruptException>(() => PublishedResult.ReadAsync(Store, "j", Manifest.Length, Hash(Manifest)));
    }

    [Fact]
    public async Task PublishedResult_ManifestThatIsTooLong_IsRefusedBeforeItIsRead()
    {
        var tooLong = PublishedResult.MaxManifestBytes + 1;
        Assert.Equal(tooLong, (await Assert.ThrowsAsync<ArtifactTooLargeException>(() => PublishedResult.ReadAsync(Store, "j", tooLong, Hash("")))).Bytes);
        await Write(StorePaths.Manifest("j"), new string(' ', tooLong));
        Assert.Equal(tooLong, (await Assert.ThrowsAsync<ArtifactTooLargeException>(() => PublishedResult.ReadAsync(Store, "j"))).Bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"files": [{"path": "a"}]}""")]
    [InlineData("""{"files": [{"path": "../a", "bytes": 1, "sha256": "x"}]}""")]
    [InlineData("""{"files": [{"path": "a", "bytes": 1, "sha256": "x", "stored": "../other/a"}]}""")]
    [InlineData("""{"files": [{"path": "/a", "bytes": 1, "sha256": "x"}]}""")]
    [InlineData("""{"files": [{"path": "a", "bytes": "many", "sha256": "x"}]}""")]
    public async Task PublishedResult_DamagedManifest_IsNamed(string manifest)
    {
        await Write(StorePaths.Manifest("j"), manifest);
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => PublishedResult.ReadAsync(Store, "j"));
        Assert.StartsWith("The manifest of job j is damaged: ", error.Message, StringComparison.Ordinal);
    }
}
