using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Storage.Tests.Support;

namespace OrleansOneShot.Storage.Tests;

/// <summary>What every store must do; derive once a store. This file: writing and deleting.</summary>
public abstract partial class ArtifactStoreConformance : IDisposable
{
    private readonly Lazy<IArtifactStore> _store;

    protected ArtifactStoreConformance() => _store = new Lazy<IArtifactStore>(Create);

    protected IArtifactStore Store => _store.Value;

    protected abstract IArtifactStore Create();

    [Fact]
    public async Task WriteAsync_NewFile_ReturnsLengthAndHashOfTheBytes()
    {
        var bytes = RandomNumberGenerator.GetBytes(300_001);
        var info = await Store.WriteAsync("jobs/a/result/x.bin", new MemoryStream(bytes));
        Assert.Equal(new ArtifactInfo("jobs/a/result/x.bin", bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))), info);
        Assert.Equal(info, await Store.GetInfoAsync("jobs/a/result/x.bin"));
        Assert.Equal(bytes, await Store.ReadAllBytesAsync("jobs/a/result/x.bin"));
    }

    [Fact]
    public async Task WriteAsync_ExistingFile_IsReplaced()
    {
        await Write("a", "one");
        await Write("a", "two");
        Assert.Equal("two", await Read("a"));
        Assert.Equal(Hash("two"), (await Store.GetInfoAsync("a"))!.Sha256);
    }

    [Fact]
    public async Task WriteAsync_EmptyContent_MakesAnEmptyFile() => Assert.Equal(0, (await Write("empty", "")).Bytes);

    [Fact]
    public async Task WriteAsync_MustNotExistAndExists_ThrowsAndKeepsTheOld()
    {
        await Write("m", "first", WriteCondition.MustNotExist);
        var error = await Assert.ThrowsAsync<ArtifactExistsException>(() => Write("m", "second", WriteCondition.MustNotExist));
        Assert.Equal("m", error.ArtifactPath);
        Assert.Equal("first", await Read("m"));
    }

    [Fact]
    public async Task WriteAsync_MustNotExistFromManyAtOnce_ExactlyOneWins()
    {
        for (var round = 0; round < 50; round++)
        {
            var path = $"race/{round}";
            using var barrier = new Barrier(8);
            var tries = Enumerable
                .Range(0, 8)
                .Select(writer =>
                    Task.Factory.StartNew(
                        () =>
                        {
                            barrier.SignalAndWait();
                            try
                            {
                                Write(path, $"writer {writer}", WriteCondition.MustNotExist).GetAwaiter().GetResult();
                                return $"writer {writer}";
                            }
                            catch (ArtifactExistsException)
                            {
                                return null;
                            }
                        },
                        CancellationToken.None,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    )
                );
            var winner = Assert.Single(await Task.WhenAll(tries), name => name is not null);
            Assert.Equal(winner, await Read(path));
        }
    }

    [Fact]
    public async Task WriteAsync_SourceBreaksInTheMiddle_LeavesNothingBehind()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => Store.WriteAsync("half", new BreakingStream(200_000, new InvalidDataException("broken"))));
        Assert.Null(await Store.GetInfoAsync("half"));
        Assert.Empty(await List(""));
    }

    [Fact]
    public async Task WriteAsync_SourceBreaksOverAnExistingFile_KeepsTheOld()
    {
        await Write("kept", "old");
        await Assert.ThrowsAsync<InvalidDataException>(() => Store.WriteAsync("kept", new BreakingStream(10, new InvalidDataException("broken"))));
        Assert.Equal("old", await Read("kept"));
    }

    [Fact]
    public async Task WriteAsync_Cancelled_LeavesNothingBehind()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Store.WriteAsync("c", new MemoryStream([1]), WriteCondition.Any, new CancellationToken(canceled: true))
        );
        Assert.Empty(await List(""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../secret")]
    [InlineData("jobs/../../secret")]
    [InlineData("jobs/./x")]
    [InlineData("jobs//x")]
    [InlineData("jobs/")]
    [InlineData("jobs\\x")]
    [InlineData("C:/x")]
    [InlineData("learned_embeds/<cat>.safetensors")]
    [InlineData("name with space")]
    [InlineData("katze-ä")]
    [InlineData("a~b")]
    [InlineData("a.")]
    [InlineData("a./b")]
    [InlineData("...")]
    [InlineData("a%2e%2e/b")]
    [InlineData("a?comp=acl")]
    [InlineData("a#b")]
    [InlineData("nul\0byte")]
    public async Task EveryCall_BadPath_IsRefused(string path)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Write(path, "x"));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.AppendAsync(path, new byte[1], 0));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenReadAsync(path));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.GetInfoAsync(path));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeleteAsync(path));
        Assert.Empty(await List(""));
    }

    [Fact]
    public async Task EveryCall_TooLongPath_IsRefused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Write(new string('a', ArtifactPath.MaxSegmentLength + 1), "x"));
        await Assert.ThrowsAsync<ArgumentException>(() => Write(string.Join('/', Enumerable.Repeat("abcdefghi", 100)), "x"));
    }

    [Fact]
    public async Task DeleteAsync_File_IsGoneAndAgainIsFine()
    {
        await Write("d/e/f", "x");
        await Store.DeleteAsync("d/e/f");
        await Store.DeleteAsync("d/e/f");
        Assert.Null(await Store.GetInfoAsync("d/e/f"));
        await Write("d/e", "a file where a folder was");
        Assert.Equal(["d/e"], await List(""));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(256 * 1024 - 1)]
    [InlineData(256 * 1024)]
    [InlineData(512 * 1024)]
    [InlineData(3_000_001)]
    public async Task WriteAsync_AroundBlockSizesFromAStreamThatOnlyGoesForward_KeepsEveryByte(int count)
    {
        var bytes = RandomNumberGenerator.GetBytes(count);
        var info = await Store.WriteAsync("big", new TrickleStream(bytes), WriteCondition.MustNotExist);
        Assert.Equal(new ArtifactInfo("big", count, Convert.ToHexStringLower(SHA256.HashData(bytes))), info);
        Assert.Equal(bytes, await Store.ReadAllBytesAsync("big"));
        Assert.Equal(info, await Store.GetInfoAsync("big"));
    }

    [Fact]
    public async Task WriteAsync_StreamNotAtItsStart_WritesTheRest()
    {
        using var content = new MemoryStream("skipped kept"u8.ToArray()) { Position = 8 };
        await Store.WriteAsync("rest", content);
        Assert.Equal("kept", await Read("rest"));
    }

    [Theory]
    [InlineData(WriteCondition.Any)]
    [InlineData(WriteCondition.MustNotExist)]
    public async Task WriteAsync_LargeFilesFromManyAtOnce_LeavesOneOfThemWhole(WriteCondition condition)
    {
        var contents = Enumerable.Range(0, 4).Select(_ => RandomNumberGenerator.GetBytes(1_500_000)).ToArray();
        var wins = await Task.WhenAll(
            contents.Select(async bytes =>
            {
                try
                {
                    await Store.WriteAsync("contested", new MemoryStream(bytes), condition);
                    return true;
                }
                catch (ArtifactExistsException) when (condition == WriteCondition.MustNotExist)
                {
                    return false;
                }
            })
        );
        var stored = await Store.ReadAllBytesAsync("contested");
        var winner = Assert.Single(Enumerable.Range(0, 4), writer => contents[writer].AsSpan().SequenceEqual(stored));
        Assert.True(wins[winner]);
        Assert.Equal(condition == WriteCondition.Any ? 4 : 1, wins.Count(won => won));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(stored!)), (await Store.GetInfoAsync("contested"))!.Sha256);
    }

    [Fact]
    public async Task DeletePrefixAsync_Prefix_DeletesItsFilesOnly()
    {
        foreach (var path in (string[])["jobs/1/a", "jobs/1/b/c", "jobs/10/a", "blobs/x"])
        {
            await Write(path, path);
        }
        await Store.AppendAsync("jobs/1/log", new byte[5], 0);
        Assert.Equal(3, await Store.DeletePrefixAsync("jobs/1/"));
        Assert.Equal(["blobs/x", "jobs/10/a"], await List(""));
        Assert.Equal(0, await Store.DeletePrefixAsync("jobs/1/"));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeletePrefixAsync(""));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeletePrefixAsync("../"));
    }

    [Fact]
    public async Task ListFoldersAsync_Folder_NamesThoseRightBelowThatHoldFiles()
    {
        foreach (var path in (string[])["jobs/1/a", "jobs/1-1/b/c", "jobs/1/b/d", "jobs/10/epochs/1/x", "jobs/file", "other/2/a", "jobs/gone/a"])
        {
            await Write(path, path);
        }
        await Store.DeleteAsync("jobs/gone/a");

        Assert.Equal(["1", "1-1", "10"], await Folders("jobs/"));
        Assert.Equal(["epochs"], await Folders("jobs/10/"));
        Assert.Empty(await Folders("none/"));
        // A store that knows no better way.
        Assert.Equal(["1", "1-1", "10"], await Folders("jobs/", new ListingOnly(Store)));
        await Assert.ThrowsAsync<ArgumentException>(() => Folders("../"));
    }

    [Fact]
    public async Task ReadAllBytesAsync_LargerFile_IsRefused()
    {
        await Write("a", "12345");

        Assert.Equal("12345"u8.ToArray(), await Store.ReadAllBytesAsync("a", 5));
        Assert.Equal(
            "a has 5 bytes; at most 4 are read.",
            (await Assert.ThrowsAsync<ArtifactTooLargeException>(() => Store.ReadAllBytesAsync("a", 4))).Message
        );
        Assert.Null(await Store.ReadAllBytesAsync("none", 4));
    }

    [Fact]
    public async Task CheckWritableAsync_StoreThatWorks_LeavesNothing()
    {
        await Store.CheckWritableAsync();
        Assert.Empty(await List(""));
    }

    [Fact]
    public async Task WriteBlobAsync_SameBytesTwice_IsOneFileNamedByItsHash()
    {
        var first = await Store.WriteBlobAsync("photo"u8.ToArray());
        var second = await Store.WriteBlobAsync("photo"u8.ToArray());
        Assert.Equal(Hash("photo"), first);
        Assert.Equal(first, second);
        Assert.Equal([StorePaths.Blob(first)], await List("blobs/"));
    }

    [Fact]
    public async Task WriteBlobAsync_OtherBytesLieThere_AreReplaced()
    {
        var hash = await Store.WriteBlobAsync("photo"u8.ToArray());
        // Of the same length, and in this process: neither the length nor what the store remembers tells.
        await Write(StorePaths.Blob(hash), "phot0");
        Assert.Equal(hash, await Store.WriteBlobAsync("photo"u8.ToArray()));
        Assert.Equal("photo", await Read(StorePaths.Blob(hash)));
    }

    [Fact]
    public async Task TryWriteHashedAsync_OtherBytesThanTheHashs_LeavesNothing()
    {
        var path = StorePaths.Blob(Hash("photo"));
        Assert.False(await Store.TryWriteHashedAsync(path, Hash("photo"), new MemoryStream("phot0"u8.ToArray())));
        Assert.Empty(await List("blobs/"));
        Assert.True(await Store.TryWriteHashedAsync(path, Hash("photo"), new MemoryStream("photo"u8.ToArray())));
        Assert.Equal("photo", await Read(path));
    }

    [Fact]
    public async Task VerifiedReader_RightBytes_GivesThem()
    {
        var reader = new VerifiedReader(Store);
        foreach (var text in (string[])["photo", ""])
        {
            var hash = await Store.WriteBlobAsync(Encoding.UTF8.GetBytes(text));
            Assert.Equal(text, Encoding.UTF8.GetString(await reader.ReadInputAsync(hash, 5)));
            using var copy = new MemoryStream();
            await reader.CopyAsync(new ArtifactInfo(StorePaths.Blob(hash), text.Length, hash), copy);
            Assert.Equal(text, Encoding.UTF8.GetString(copy.ToArray()));
        }
    }

    [Theory]
    [InlineData("phot0")]
    [InlineData("phot")]
    [InlineData("photos")]
    [InlineData("")]
    public async Task VerifiedReader_OtherBytes_Throws(string there)
    {
        var (reader, path) = (new VerifiedReader(Store), StorePaths.Blob(Hash("photo")));
        await Write(path, there);
        await Assert.ThrowsAsync<ArtifactCorruptException>(() => reader.ReadInputAsync(Hash("photo"), 100));
        await Assert.ThrowsAsync<ArtifactCorruptException>(() => reader.CopyAsync(new ArtifactInfo(path, 5, Hash("photo")), Stream.Null));
        Assert.False(await Store.HoldsAsync(new ArtifactInfo(path, 5, Hash("photo"))));
    }

    [Fact]
    public async Task VerifiedReader_NothingThereOrTooLong_SaysSo()
    {
        var reader = new VerifiedReader(Store);
        await Assert.ThrowsAsync<FileNotFoundException>(() => reader.ReadInputAsync(Hash("photo"), 100));
        await Assert.ThrowsAsync<FileNotFoundException>(() =>
            reader.CopyAsync(new ArtifactInfo(StorePaths.Blob(Hash("photo")), 5, Hash("photo")), Stream.Null)
        );
        var hash = await Store.WriteBlobAsync("photo"u8.ToArray());
        Assert.Equal(5, (await Assert.ThrowsAsync<ArtifactTooLargeException>(() => reader.ReadInputAsync(hash, 4))).Bytes);
        await Assert.ThrowsAsync<ArtifactTooLargeException>(() => Store.ReadAllBytesAsync(StorePaths.Blob(hash), 4));
    }

    public virtual void Dispose() => GC.SuppressFinalize(this);

    protected Task<ArtifactInfo> Write(string path, string text, WriteCondition condition = WriteCondition.Any) =>
        Store.WriteAsync(path, new MemoryStream(Encoding.UTF8.GetBytes(text)), condition);

    protected async Task<string> Read(string path) => Encoding.UTF8.GetString((await Store.ReadAllBytesAsync(path))!);

    protected async Task<List<string>> List(string prefix)
    {
        var paths = new List<string>();
        await foreach (var info in Store.ListAsync(prefix))
        {
            paths.Add(info.Path);
        }
        return paths;
    }

    private async Task<IReadOnlyList<string>> Folders(string folder, IArtifactStore? store = null)
    {
        var names = new List<string>();
        await foreach (var name in (store ?? Store).ListFoldersAsync(folder))
        {
            names.Add(name);
        }
        return [.. names.Order(StringComparer.Ordinal)];
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>A store with nothing but what every store must have.</summary>
    private sealed class ListingOnly(IArtifactStore inner) : IArtifactStore
    {
        public string Kind => inner.Kind;

        public Task<ArtifactInfo> WriteAsync(
            string path,
            Stream content,
            WriteCondition condition = WriteCondition.Any,
            CancellationToken cancellationToken = default
        ) => inner.WriteAsync(path, content, condition, cancellationToken);

        public Task<long> AppendAsync(string path, ReadOnlyMemory<byte> content, long expectedLength, CancellationToken cancellationToken = default) =>
            inner.AppendAsync(path, content, expectedLength, cancellationToken);

        public Task<Stream> OpenReadAsync(string path, CancellationToken cancellationToken = default) => inner.OpenReadAsync(path, cancellationToken);

        public Task<ArtifactInfo?> GetInfoAsync(string path, CancellationToken cancellationToken = default) => inner.GetInfoAsync(path, cancellationToken);

        public IAsyncEnumerable<ArtifactInfo> ListAsync(string prefix, CancellationToken cancellationToken = default) =>
            inner.ListAsync(prefix, cancellationToken);

        public Task DeleteAsync(string path, CancellationToken cancellationToken = default) => inner.DeleteAsync(path, cancellationToken);
    }
}
