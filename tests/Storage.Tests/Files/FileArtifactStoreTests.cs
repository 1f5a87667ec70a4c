using OrleansOneShot.Storage.Files;
using OrleansOneShot.Storage.Tests.Support;

namespace OrleansOneShot.Storage.Tests.Files;

public sealed class FileArtifactStoreTests : ArtifactStoreConformance
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"oneshot-store-{Guid.NewGuid():N}");

    [Fact]
    public async Task WriteAsync_AfterAnyOutcome_NoTemporaryFileIsLeft()
    {
        await Write("x", "x");
        await Assert.ThrowsAsync<ArtifactExistsException>(() => Write("x", "y", WriteCondition.MustNotExist));
        await Assert.ThrowsAsync<InvalidDataException>(() => Store.WriteAsync("y", new BreakingStream(10, new InvalidDataException())));
        Assert.Equal([Path.Combine(_root, "x")], Directory.GetFiles(_root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task WriteAsync_DiskFull_SaysSoAndLeavesNothing()
    {
        var full = new IOException("No space left on device") { HResult = 28 };
        var store = new FileArtifactStore(
            _root,
            path =>
            {
                File.WriteAllText(path, "begun");
                return new BreakingStream(1000, full);
            }
        );
        var error = await Assert.ThrowsAsync<IOException>(() => store.WriteAsync("jobs/a/result/big.bin", new MemoryStream(new byte[5000])));
        Assert.Equal(
            $"The disk that holds {Path.GetFullPath(_root)} is full: jobs/a/result/big.bin was not written. Free some space there and start again.",
            error.Message
        );
        Assert.Equal(28, error.HResult);
        Assert.Empty(Directory.GetFiles(_root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task WriteAsync_ReadOnlyFolder_SaysSo()
    {
        var store = new FileArtifactStore(_root, _ => throw new UnauthorizedAccessException("Access to the path is denied."));
        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => store.CheckWritableAsync());
        Assert.Equal(ArtifactStoreFault.Denied, error.Fault);
        Assert.StartsWith($"The folder {Path.GetFullPath(_root)} is read-only for this user: it can't write checks/", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteAsync_TwoProcessesInOneTickOfTheClock_ContentsOfOneLengthAreToldApart()
    {
        FileArtifactStore Store() => new(_root, path => new CoarseClockFile(path));
        var (here, there) = (Store(), Store());
        var before = await here.WriteAsync("contested", new MemoryStream("one"u8.ToArray()));
        var after = await there.WriteAsync("contested", new MemoryStream("two"u8.ToArray()));
        Assert.NotEqual(before.Sha256, after.Sha256);
        Assert.Equal(after.Sha256, (await here.GetInfoAsync("contested"))!.Sha256);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_WhileOthersDeleteTheFoldersLastFile_MakesTheFolderAgain(bool append)
    {
        // Each writer deletes what it wrote, and so the folder of the others, whenever it was the last in there.
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 8),
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (writer, token) =>
            {
                var store = new FileArtifactStore(_root);
                for (var i = 0; i < 100; i++)
                {
                    var path = $"checks/{writer}-{i}";
                    if (append)
                    {
                        await store.AppendAsync(path, new byte[3], 0, token);
                    }
                    else
                    {
                        await store.WriteAsync(path, new MemoryStream([1, 2, 3]), cancellationToken: token);
                    }
                    Assert.Equal(3, (await store.GetInfoAsync(path, token))?.Bytes);
                    await store.DeleteAsync(path, token);
                }
            }
        );
        Assert.False(Directory.Exists(Path.Combine(_root, "checks")));
    }

    [Fact]
    public async Task AppendAsync_TwoStoresOfOneFolder_OneWins()
    {
        var other = new FileArtifactStore(_root);
        Assert.Equal(3, await Store.AppendAsync("log", new byte[3], 0));
        await Assert.ThrowsAsync<ArtifactChangedException>(() => other.AppendAsync("log", new byte[3], 0));
        Assert.Equal(6, await other.AppendAsync("log", new byte[3], 3));
        Assert.Equal(["log"], await List(""));
    }

    /// <summary>The lock of another process: on Unix two that may share a file would both be let in.</summary>
    [Fact]
    public async Task AppendAsync_AnotherProcessAppends_WaitsForIt()
    {
        await Store.AppendAsync("log", "one"u8.ToArray(), 0, TestContext.Current.CancellationToken);
        var locks = Directory
            .GetFiles(_root, "~append-*.lock")
            .Select(file => new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            .ToList();
        Assert.NotEmpty(locks);
        using (var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(100)))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.AppendAsync("log", "two"u8.ToArray(), 3, limit.Token));
        }

        locks.ForEach(held => held.Dispose());
        Assert.Equal(6, await Store.AppendAsync("log", "two"u8.ToArray(), 3, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ShowAsync_Folder_ShowsAllItsFilesOnceAndForAll()
    {
        await Write("epochs/1/a", "one");
        await Write("epochs/1/samples/b", "two");
        await Store.ShowAsync("epochs/1/", "result/");
        Assert.Equal(["result/a", "result/samples/b"], await List("result/"));
        Assert.Equal("two", await Read("result/samples/b"));
        await Write("epochs/2/c", "three");
        await Store.ShowAsync("epochs/2/", "result/");
        Assert.Equal(["result/a", "result/samples/b"], await List("result/"));
        // What is shown stays when the other name goes.
        await Store.DeletePrefixAsync("epochs/1/");
        Assert.Equal("one", await Read("result/a"));
    }

    [Fact]
    public async Task DeleteUnusedAsync_ATouchAtTheSameTime_OneOfThemWins()
    {
        for (var round = 0; round < 200; round++)
        {
            var path = $"race/{round}";
            await Write(path, "text");
            var since = Assert.Single(await Uses(path)).LastUsed.AddTicks(1);
            using var barrier = new Barrier(2);
            var both = await Task.WhenAll(AtOnce(() => Store.TouchAsync(path)), AtOnce(() => Store.DeleteUnusedAsync(path, since)));
            Assert.NotEqual(both[0], both[1]);
            Assert.Equal(both[0], await Store.GetInfoAsync(path) is not null);

            Task<bool> AtOnce(Func<Task<bool>> call) =>
                Task.Factory.StartNew(
                    () =>
                    {
                        barrier.SignalAndWait();
                        return call().GetAwaiter().GetResult();
                    },
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default
                );
        }
    }

    [Fact]
    public async Task GetInfoAsync_ChangedByAnotherProcess_GivesTheNewHash()
    {
        var before = await Write("shared", "one");
        var other = new FileArtifactStore(_root);
        await other.WriteAsync("shared", new MemoryStream("three"u8.ToArray()));
        var after = await Store.GetInfoAsync("shared");
        Assert.NotEqual(before.Sha256, after!.Sha256);
        Assert.Equal(5, after.Bytes);
    }

    [Fact]
    public async Task OpenReadAsync_Folder_IsNotAFile()
    {
        await Write("folder/file", "x");
        await Assert.ThrowsAsync<FileNotFoundException>(() => Store.OpenReadAsync("folder"));
    }

    public override void Dispose()
    {
        base.Dispose();
        if (Directory.Exists(_root))
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    protected override IArtifactStore Create() => new FileArtifactStore(_root);
}
