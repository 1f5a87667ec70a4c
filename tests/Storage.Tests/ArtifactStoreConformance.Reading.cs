using System.Security.Cryptography;

namespace OrleansOneShot.Storage.Tests;

/// <summary>Reading and listing.</summary>
public abstract partial class ArtifactStoreConformance
{
    [Fact]
    public async Task OpenReadAsync_NoSuchFile_Throws()
    {
        await Assert.ThrowsAsync<FileNotFoundException>(() => Store.OpenReadAsync("no/such"));
        Assert.Null(await Store.ReadAllBytesAsync("no/such"));
        Assert.Null(await Store.GetInfoAsync("no/such"));
    }

    [Fact]
    public async Task OpenReadAsync_ReplacedWhileOpen_ReadsTheOldToItsEnd()
    {
        await Write("r", "the old bytes");
        await using var stream = await Store.OpenReadAsync("r");
        await Write("r", "new");
        using var reader = new StreamReader(stream);
        Assert.Equal("the old bytes", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task ListAsync_Prefix_GivesItsFilesInOrder()
    {
        foreach (var path in (string[])["jobs/2/b", "jobs/1/b", "jobs/1/a/z", "jobs/10/a", "blobs/x"])
        {
            await Write(path, path);
        }
        Assert.Equal(["jobs/1/a/z", "jobs/1/b"], await List("jobs/1/"));
        Assert.Equal(["jobs/1/a/z", "jobs/1/b", "jobs/10/a"], await List("jobs/1"));
        Assert.Equal(5, (await List("")).Count);
        Assert.Empty(await List("none/"));
        await Assert.ThrowsAsync<ArgumentException>(() => List("../"));
    }

    [Fact]
    public async Task OpenReadAsync_Seek_ReadsFromThere()
    {
        var bytes = RandomNumberGenerator.GetBytes(900_000);
        await Store.WriteAsync("seek", new MemoryStream(bytes));
        await using var stream = await Store.OpenReadAsync("seek");
        Assert.Equal(bytes.Length, stream.Length);
        foreach (var offset in (int[])[700_000, 5, 899_999, 900_000])
        {
            stream.Position = offset;
            var part = new byte[Math.Min(1000, bytes.Length - offset)];
            await stream.ReadExactlyAsync(part);
            Assert.Equal(bytes[offset..(offset + part.Length)], part);
        }

        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task OpenReadAsync_LargeFileReplacedWhileOpen_IsNeverAMixture()
    {
        var bytes = Enumerable.Repeat((byte)1, 20_000_000).ToArray();
        await Store.WriteAsync("mixture", new MemoryStream(bytes));
        await using var stream = await Store.OpenReadAsync("mixture");
        await stream.ReadExactlyAsync(new byte[1000]);
        await Store.WriteAsync("mixture", new MemoryStream(Enumerable.Repeat((byte)2, bytes.Length).ToArray()));
        var rest = new byte[bytes.Length - 1000];
        try
        {
            await stream.ReadExactlyAsync(rest);
            Assert.Equal(-1, rest.AsSpan().IndexOfAnyExcept((byte)1));
        }
        catch (ArtifactChangedException)
        {
            Assert.Equal(-1, rest.AsSpan().IndexOfAnyExcept((byte)0, (byte)1));
        }
    }

    [Fact]
    public async Task OpenReadAsync_WithTheExpectedHash_ReadsAll()
    {
        var info = await Write("right", "the right bytes");
        await using var stream = await Store.OpenReadAsync(info);
        using var reader = new StreamReader(stream);
        Assert.Equal("the right bytes", await reader.ReadToEndAsync());
    }

    [Theory]
    [InlineData("the right bytes", "the wrong bytes")]
    [InlineData("the right bytes", "the right byte")]
    [InlineData("the right bytes", "the right bytes and more")]
    [InlineData("the right bytes", "")]
    public async Task OpenReadAsync_OtherBytesThanExpected_IsNoticedAtTheEnd(string expected, string stored)
    {
        var info = await Write("damaged", expected);
        await Write("damaged", stored);
        await using var stream = await Store.OpenReadAsync(info);
        var error = await Assert.ThrowsAsync<ArtifactCorruptException>(() => stream.CopyToAsync(Stream.Null));
        Assert.Equal("damaged", error.ArtifactPath);
        Assert.Contains(info.Sha256, error.Message, StringComparison.Ordinal);
    }
}
