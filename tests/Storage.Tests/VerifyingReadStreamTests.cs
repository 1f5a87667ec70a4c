using System.Security.Cryptography;

namespace OrleansOneShot.Storage.Tests;

public sealed class VerifyingReadStreamTests
{
    private static readonly ArtifactInfo s_expected = new("a", 5, Convert.ToHexStringLower(SHA256.HashData("photo"u8)));

    /// <summary>A file may have been replaced by one that has no end, or fills a disk.</summary>
    [Theory]
    [InlineData(6)]
    [InlineData(1000)]
    public void Read_MoreBytesThanExpected_ThrowsAtOnce(int length)
    {
        using var inner = new MemoryStream([.. "photo"u8, .. new byte[length - 5]]);
        using var stream = new VerifyingReadStream(inner, s_expected);
        Assert.Equal(5, stream.Read(new byte[5]));
        Assert.Throws<ArtifactCorruptException>(() => stream.Read(new byte[1]));
        Assert.Equal(6, inner.Position);
    }

    [Theory]
    [InlineData("photo", true)]
    [InlineData("phot0", false)]
    [InlineData("phot", false)]
    public async Task Read_End_ThrowsUnlessTheBytesAreRight(string there, bool right)
    {
        await using var stream = new VerifyingReadStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(there)), s_expected);
        var buffer = new byte[there.Length];
        await stream.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        // A read of nothing finds no end.
        Assert.Equal(0, await stream.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken));
        var end = stream.ReadAsync(new byte[1], TestContext.Current.CancellationToken).AsTask();
        if (right)
        {
            Assert.Equal(0, await end);
        }
        else
        {
            await Assert.ThrowsAsync<ArtifactCorruptException>(() => end);
        }
    }
}
