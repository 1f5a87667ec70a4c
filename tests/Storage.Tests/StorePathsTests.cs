using System.Security.Cryptography;

namespace OrleansOneShot.Storage.Tests;

public sealed class BlobPathsTests
{
    [Fact]
    public void Paths_OfAJob_AreTheDocumentedLayout()
    {
        var hash = new string('a', 64);
        Assert.Equal($"blobs/sha256/{hash}", StorePaths.Blob(hash));
        Assert.Equal("jobs/j1/epochs/2/checkpoint-000030.safetensors", StorePaths.Checkpoint("j1", 2, 30));
        Assert.Equal("jobs/j1/epochs/2/progress.jsonl", StorePaths.Progress("j1", 2));
        Assert.Equal("jobs/j1/result/samples/0.png", StorePaths.ResultFile("j1", "samples/0.png"));
        Assert.Equal("jobs/j1/manifest.json", StorePaths.Manifest("j1"));
    }

    [Fact]
    public void Paths_OfADatasetRun_AreTheDocumentedLayout()
    {
        var hash = new string('a', 64);
        Assert.Equal($"dataset-runs/r1/items/{hash}.json", StorePaths.DatasetBatch("r1", hash));
        Assert.Equal(hash, StorePaths.HashOfBatch("r1", StorePaths.DatasetBatch("r1", hash)));
        Assert.Null(StorePaths.HashOfBatch("r2", StorePaths.DatasetBatch("r1", hash)));
        Assert.Null(StorePaths.HashOfBatch("r1", "dataset-runs/r1/items/other.json"));
        Assert.ThrowsAny<ArgumentException>(() => StorePaths.DatasetBatch("r1", "other"));
        Assert.ThrowsAny<ArgumentException>(() => StorePaths.DatasetRun("../r1"));
    }

    [Fact]
    public void OfEpoch_WhatAJobWrites_IsTakenApart()
    {
        Assert.Equal((2, EpochFileKind.Checkpoint), StorePaths.OfEpoch("j1", StorePaths.Checkpoint("j1", 2, 30)));
        Assert.Equal((2, EpochFileKind.Manifest), StorePaths.OfEpoch("j1", StorePaths.EpochManifest("j1", 2)));
        Assert.Equal((12, EpochFileKind.Result), StorePaths.OfEpoch("j1", StorePaths.EpochResult("j1", 12) + "samples/manifest.json"));
        Assert.Equal((0, EpochFileKind.Other), StorePaths.OfEpoch("j1", StorePaths.Progress("j1", 0)));
        Assert.Equal((3, EpochFileKind.Other), StorePaths.OfEpoch("j1", StorePaths.Preview("j1", 3, 7)));
        Assert.Equal((3, EpochFileKind.Notes), StorePaths.OfEpoch("j1", "jobs/j1/epochs/3/fan-out.json"));
    }

    [Theory]
    [InlineData("jobs/j1/manifest.json")]
    [InlineData("jobs/j1/result/a")]
    [InlineData("jobs/j10/epochs/1/manifest.json")]
    [InlineData("jobs/j1/epochs/1")]
    [InlineData("jobs/j1/epochs/-1/manifest.json")]
    [InlineData("jobs/j1/epochs/x/manifest.json")]
    public void OfEpoch_AnyOtherPath_IsOfNone(string path) => Assert.Null(StorePaths.OfEpoch("j1", path));

    [Fact]
    public void Upload_OfAnOwner_ShowsNoName()
    {
        var hash = new string('a', 64);
        var ann = Convert.ToHexStringLower(SHA256.HashData("ann\u00e9"u8));
        Assert.Equal($"owners/{ann}/uploads/", StorePaths.Uploads("ann\u00e9"));
        Assert.Equal($"owners/{ann}/uploads/{hash}", StorePaths.Upload("ann\u00e9", hash));
        Assert.StartsWith(StorePaths.Owners, StorePaths.Uploads("../jobs"), StringComparison.Ordinal);
        Assert.Equal(StorePaths.Uploads("../jobs"), ArtifactPath.RequirePrefix(StorePaths.Uploads("../jobs")));
        Assert.NotEqual(StorePaths.Uploads("Ann"), StorePaths.Uploads("ann"));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("ann", "ABC")]
    [InlineData("ann", "../../x")]
    public void Upload_NoOwnerOrHash_IsRefused(string? owner, string? hash) =>
        Assert.ThrowsAny<ArgumentException>(() => StorePaths.Upload(owner!, hash ?? new string('a', 64)));

    // Two names that are no Unicode would share a path.
    [Fact]
    public void Uploads_HalfASurrogatePair_IsRefused() => Assert.ThrowsAny<ArgumentException>(() => StorePaths.Uploads("ann\ud800"));

    [Fact]
    public void WithinJob_PathOfTheJob_IsTheRest()
    {
        Assert.Equal("epochs/2/result/", StorePaths.WithinJob("j1", StorePaths.EpochResult("j1", 2)));
        Assert.Throws<ArgumentException>(() => StorePaths.WithinJob("j1", StorePaths.Manifest("j10")));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    public void Job_BadId_IsRefused(string id) => Assert.Throws<ArgumentException>(() => StorePaths.Job(id));

    [Theory]
    [InlineData("ABC")]
    [InlineData("../../../../etc/passwd")]
    public void Blob_BadHash_IsRefused(string hash) => Assert.Throws<ArgumentException>(() => StorePaths.Blob(hash));
}
