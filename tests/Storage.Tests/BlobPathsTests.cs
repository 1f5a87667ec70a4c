namespace OrleansOneShot.Storage.Tests;

public sealed class BlobPathsTests
{
    [Fact]
    public void Paths_OfAJob_AreTheDocumentedLayout()
    {
        var hash = new string('a', 64);
        Assert.Equal($"blobs/sha256/{hash}", BlobPaths.Blob(hash));
        Assert.Equal("jobs/j1/epochs/2/checkpoint-000030.safetensors", BlobPaths.Checkpoint("j1", 2, 30));
        Assert.Equal("jobs/j1/epochs/2/progress.jsonl", BlobPaths.Progress("j1", 2));
        Assert.Equal("jobs/j1/result/samples/0.png", BlobPaths.ResultFile("j1", "samples/0.png"));
        Assert.Equal("jobs/j1/manifest.json", BlobPaths.Manifest("j1"));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    public void Job_BadId_IsRefused(string id) => Assert.Throws<ArgumentException>(() => BlobPaths.Job(id));

    [Theory]
    [InlineData("ABC")]
    [InlineData("../../../../etc/passwd")]
    public void Blob_BadHash_IsRefused(string hash) => Assert.Throws<ArgumentException>(() => BlobPaths.Blob(hash));
}
