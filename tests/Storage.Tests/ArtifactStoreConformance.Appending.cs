using System.Security.Cryptography;
using System.Text;

namespace OrleansOneShot.Storage.Tests;

/// <summary>Appending.</summary>
public abstract partial class ArtifactStoreConformance
{
    [Fact]
    public async Task AppendAsync_InOrder_AddsToTheEnd()
    {
        var length = await Store.AppendAsync("log", Encoding.UTF8.GetBytes("one\n"), 0);
        length = await Store.AppendAsync("log", Encoding.UTF8.GetBytes("two\n"), length);
        Assert.Equal(8, length);
        Assert.Equal("one\ntwo\n", await Read("log"));
        Assert.Equal(Hash("one\ntwo\n"), (await Store.GetInfoAsync("log"))!.Sha256);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(9)]
    public async Task AppendAsync_OtherLengthThanExpected_ChangesNothing(long expected)
    {
        await Write("log", "four");
        await Assert.ThrowsAsync<ArtifactChangedException>(() => Store.AppendAsync("log", new byte[3], expected));
        Assert.Equal("four", await Read("log"));
        await Assert.ThrowsAsync<ArtifactChangedException>(() => Store.AppendAsync("no-such-log", new byte[3], 5));
    }

    [Fact]
    public async Task AppendAsync_NothingToALog_ChecksItsLength()
    {
        Assert.Equal(0, await Store.AppendAsync("log", default, 0));
        Assert.Equal(3, await Store.AppendAsync("log", new byte[3], 0));
        Assert.Equal(3, await Store.AppendAsync("log", default, 3));
        await Assert.ThrowsAsync<ArtifactChangedException>(() => Store.AppendAsync("log", default, 2));
    }

    [Fact]
    public async Task AppendAsync_ToAFileWrittenWhole_AddsToTheEnd()
    {
        await Write("log", "four");
        Assert.Equal(8, await Store.AppendAsync("log", "more"u8.ToArray(), 4));
        Assert.Equal("fourmore", await Read("log"));
        Assert.Equal(Hash("fourmore"), (await Store.GetInfoAsync("log"))!.Sha256);
        Assert.Equal(9, await Store.AppendAsync("log", "!"u8.ToArray(), 8));
        Assert.Equal("fourmore!", await Read("log"));
    }

    [Fact]
    public async Task AppendAsync_FromManyAtTheSameLength_ExactlyOneWins()
    {
        long length = 0;
        var text = "";
        for (var round = 0; round < 20; round++)
        {
            using var barrier = new Barrier(8);
            var at = length;
            var tries = Enumerable
                .Range(0, 8)
                .Select(writer =>
                    Task.Factory.StartNew(
                        () =>
                        {
                            barrier.SignalAndWait();
                            try
                            {
                                var line = $"round {at} writer {writer}\n";
                                Store.AppendAsync("race.log", Encoding.UTF8.GetBytes(line), at).GetAwaiter().GetResult();
                                return line;
                            }
                            catch (ArtifactChangedException)
                            {
                                return null;
                            }
                        },
                        CancellationToken.None,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    )
                );
            text += Assert.Single(await Task.WhenAll(tries), line => line is not null);
            length = text.Length;
            Assert.Equal(text, await Read("race.log"));
        }
    }

    [Fact]
    public async Task WriteAsync_OverALog_ReplacesIt()
    {
        await Store.AppendAsync("log", "one line that is longer"u8.ToArray(), 0);
        Assert.Equal(Hash("file"), (await Write("log", "file")).Sha256);
        Assert.Equal("file", await Read("log"));
        await Store.DeleteAsync("log");
        await Store.AppendAsync("log", "again"u8.ToArray(), 0);
        var large = RandomNumberGenerator.GetBytes(1_000_000);
        await Store.WriteAsync("log", new MemoryStream(large));
        Assert.Equal(large, await Store.ReadAllBytesAsync("log"));
    }
}
