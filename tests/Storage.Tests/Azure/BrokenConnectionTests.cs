using System.Security.Cryptography;
using OrleansOneShot.Storage.Azure;
using OrleansOneShot.Storage.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Storage.Tests.Azure;

/// <summary>Connections that break in the middle, by a proxy between the store and a real Azurite.</summary>
public sealed class BrokenConnectionTests : IClassFixture<AzuriteFixture>, IAsyncDisposable
{
    private readonly CuttingProxy _proxy;
    private readonly AzureBlobArtifactStore _store;
    private readonly AzureBlobArtifactStore _direct;

    public BrokenConnectionTests(AzuriteFixture azurite)
    {
        _proxy = new CuttingProxy(azurite.Server.Port);
        var options = azurite.NewOptions(azurite.Server.ConnectionTo(_proxy.Port));
        _store = new AzureBlobArtifactStore(options);
        _direct = new AzureBlobArtifactStore(azurite.NewOptions(container: options.Container));
    }

    [Fact]
    public async Task WriteAsync_ConnectionsBreakWhileBlocksGoUp_ArrivesWhole()
    {
        var left = 5;
        _proxy.Cut = piece => piece.Up && piece.Connection.Up > 200_000 && Interlocked.Decrement(ref left) >= 0;
        var bytes = RandomNumberGenerator.GetBytes(5_000_000);
        var info = await _store.WriteAsync("up", new TrickleStream(bytes), WriteCondition.MustNotExist);
        Assert.True(_proxy.Cuts >= 5, $"{_proxy.Cuts} connections were broken");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), info.Sha256);
        Assert.Equal(bytes, await _direct.ReadAllBytesAsync("up"));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(2_000_000)]
    public async Task WriteAsync_AnswerToTheLastRequestIsLost_KnowsThatItHasWon(int count)
    {
        var lost = 1;
        var last = count < 1000 ? "PUT " : "comp=blocklist";
        await _store.GetInfoAsync("creates-the-container");
        _proxy.Cut = piece => !piece.Up && piece.Connection.Request.Contains(last, StringComparison.Ordinal) && Interlocked.Decrement(ref lost) >= 0;
        await _store.WriteAsync("once", new MemoryStream(new byte[count]), WriteCondition.MustNotExist);
        Assert.Equal(1, _proxy.Cuts);
        await Assert.ThrowsAsync<ArtifactExistsException>(() => _store.WriteAsync("once", new MemoryStream(new byte[count]), WriteCondition.MustNotExist));
    }

    [Fact]
    public async Task WriteAsync_ByteDamagedOnItsWay_IsNoticedAndSentAgain()
    {
        await _store.GetInfoAsync("creates-the-container");
        var damage = 1;
        _proxy.Cut = piece =>
        {
            var bytes = piece.Bytes.Span;
            if (piece.Up && bytes.Length > 1000 && bytes.IndexOfAnyExcept((byte)7) < 0 && Interlocked.Decrement(ref damage) >= 0)
            {
                bytes[500] = 8;
            }
            return false;
        };
        var content = Enumerable.Repeat((byte)7, 1_000_000).ToArray();
        await _store.WriteAsync("damaged", new MemoryStream(content));
        Assert.True(damage <= 0);
        Assert.Equal(content, await _direct.ReadAllBytesAsync("damaged"));
    }

    [Fact]
    public async Task AppendAsync_AnswerIsLost_IsNotTakenForAnotherWriters()
    {
        Assert.Equal(4, await _store.AppendAsync("log", "one\n"u8.ToArray(), 0));
        var lost = 1;
        _proxy.Cut = piece =>
            !piece.Up && piece.Connection.Request.Contains("comp=appendblock", StringComparison.Ordinal) && Interlocked.Decrement(ref lost) >= 0;
        Assert.Equal(8, await _store.AppendAsync("log", "two\n"u8.ToArray(), 4));
        Assert.Equal(1, _proxy.Cuts);
        Assert.Equal("one\ntwo\n"u8.ToArray(), await _direct.ReadAllBytesAsync("log"));
    }

    [Fact]
    public async Task AppendAsync_RequestIsLostAndAnotherWriterComesFirst_SaysSo()
    {
        Assert.Equal(4, await _store.AppendAsync("log", "one\n"u8.ToArray(), 0));
        var lost = 1;
        _proxy.Cut = piece =>
        {
            if (!piece.Up || !piece.Connection.Request.Contains("comp=appendblock", StringComparison.Ordinal) || Interlocked.Decrement(ref lost) < 0)
            {
                return false;
            }
            _direct.AppendAsync("log", "TWO\n"u8.ToArray(), 4).GetAwaiter().GetResult();
            return true;
        };
        await Assert.ThrowsAsync<ArtifactChangedException>(() => _store.AppendAsync("log", "two\n"u8.ToArray(), 4));
        Assert.Equal("one\nTWO\n"u8.ToArray(), await _direct.ReadAllBytesAsync("log"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OpenReadAsync_ConnectionsBreakWhileReading_GoesOnAtItsOffset(bool log)
    {
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        if (log)
        {
            await _direct.AppendAsync("down", bytes, 0);
        }
        else
        {
            await _direct.WriteAsync("down", new MemoryStream(bytes));
        }
        await _store.GetInfoAsync("creates-the-container");
        // Each connection gives at most a fifth of the file: far more breaks than one read may have, but none without progress.
        _proxy.Cut = piece => !piece.Up && piece.Connection.Down > 600_000;
        var info = new ArtifactInfo("down", bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        await using var stream = await _store.OpenReadAsync(info);
        using var read = new MemoryStream();
        await stream.CopyToAsync(read);
        Assert.Equal(bytes, read.ToArray());
        Assert.True(_proxy.Cuts >= 5, $"{_proxy.Cuts} connections were broken");
    }

    [Theory]
    [InlineData("replace")]
    [InlineData("delete")]
    public async Task OpenReadAsync_ChangedWhileTheConnectionIsBroken_SaysSo(string change)
    {
        await _direct.WriteAsync("moving", new MemoryStream(new byte[3_000_000]));
        CutOnceAfter(600_000);
        await using var stream = await _store.OpenReadAsync("moving");
        await stream.ReadExactlyAsync(new byte[1000]);
        if (change == "replace")
        {
            await _direct.WriteAsync("moving", new MemoryStream(new byte[3_000_000]));
        }
        else
        {
            await _direct.DeleteAsync("moving");
        }
        var error = await Assert.ThrowsAsync<ArtifactChangedException>(() => stream.CopyToAsync(Stream.Null));
        Assert.Equal("moving", error.ArtifactPath);
        Assert.Equal(1, _proxy.Cuts);
    }

    [Fact]
    public async Task OpenReadAsync_LogGrowsWhileTheConnectionIsBroken_ReadsWhatItHad()
    {
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        await _direct.AppendAsync("growing", bytes, 0);
        CutOnceAfter(600_000);
        await using var stream = await _store.OpenReadAsync("growing");
        var read = new byte[bytes.Length];
        await stream.ReadExactlyAsync(read.AsMemory(0, 1000));
        await _direct.AppendAsync("growing", new byte[10], bytes.Length);
        await stream.ReadExactlyAsync(read.AsMemory(1000));
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        Assert.Equal(bytes, read);
        Assert.Equal(1, _proxy.Cuts);
    }

    [Fact]
    public async Task EveryCall_EveryConnectionBreaks_GivesUpWithAClearSentence()
    {
        await _direct.WriteAsync("there", new MemoryStream(new byte[10]));
        _proxy.Cut = _ => true;
        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => _store.WriteAsync("x", new MemoryStream(new byte[1_000_000])));
        Assert.True(error.IsTransient);
        await Assert.ThrowsAsync<ArtifactStoreException>(() => _store.AppendAsync("log", new byte[1], 0));
        await Assert.ThrowsAsync<ArtifactStoreException>(() => _store.OpenReadAsync("there"));
        await Assert.ThrowsAsync<ArtifactStoreException>(() => _store.GetInfoAsync("there"));
        await Assert.ThrowsAsync<ArtifactStoreException>(() => _store.DeletePrefixAsync("the"));
        _proxy.Cut = _ => false;
        Assert.Equal(10, (await _store.GetInfoAsync("there"))!.Bytes);
    }

    private void CutOnceAfter(long bytesDown)
    {
        var broken = 1;
        _proxy.Cut = piece => !piece.Up && piece.Connection.Down > bytesDown && Interlocked.Exchange(ref broken, 0) == 1;
    }

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();
}
