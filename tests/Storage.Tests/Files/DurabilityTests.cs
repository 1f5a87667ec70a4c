using System.Text;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Storage.Tests.Files;

/// <summary>What is flushed to the disk, and when: a file before it gets its name, and then the folder that holds the name.</summary>
public sealed class DurabilityTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-durable-").FullName;
    private readonly Recorder _recorder;
    private readonly FileArtifactStore _store;

    public DurabilityTests()
    {
        _recorder = new Recorder(_root);
        _store = new FileArtifactStore(
            _root,
            path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous),
            _recorder
        );
    }

    [Theory]
    [InlineData(WriteCondition.Any)]
    [InlineData(WriteCondition.MustNotExist)]
    public async Task WriteAsync_NewFile_FlushesItsBytesBeforeItHasItsName_ThenEachFolder(WriteCondition condition)
    {
        _recorder.Watched = "jobs/a/x";

        await _store.WriteAsync("jobs/a/x", new MemoryStream("text"u8.ToArray()), condition, TestContext.Current.CancellationToken);

        Assert.Equal(["folder . without it", "folder jobs without it", "file jobs/a/x~ of 4 bytes without it", "folder jobs/a with it"], _recorder.Calls);
    }

    [Fact]
    public async Task AppendAsync_EachTime_FlushesTheBytes_AndTheFolderOfANewLog()
    {
        _recorder.Watched = "log";

        await _store.AppendAsync("log", "one"u8.ToArray(), 0, TestContext.Current.CancellationToken);
        await _store.AppendAsync("log", "three"u8.ToArray(), 3, TestContext.Current.CancellationToken);

        Assert.Equal(["file log of 3 bytes with it", "folder . with it", "file log of 8 bytes with it"], _recorder.Calls);
    }

    [Fact]
    public async Task ShowAsync_Folder_FlushesTheFolderThatHoldsTheView()
    {
        await _store.WriteAsync("epochs/1/a", new MemoryStream([1]), cancellationToken: TestContext.Current.CancellationToken);
        _recorder.Calls.Clear();
        _recorder.Watched = "result";

        await _store.ShowAsync("epochs/1/", "result/", TestContext.Current.CancellationToken);

        Assert.Equal("folder . with it", _recorder.Calls[^1]);
    }

    [Fact]
    public async Task AppendAsync_FlushFails_TakesTheBytesBack()
    {
        await _store.AppendAsync("log", "one"u8.ToArray(), 0, TestContext.Current.CancellationToken);
        _recorder.Fails = true;

        await Assert.ThrowsAsync<IOException>(() => _store.AppendAsync("log", "lost"u8.ToArray(), 3));

        _recorder.Fails = false;
        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(_root, "log"), TestContext.Current.CancellationToken));
        Assert.Equal(6, await _store.AppendAsync("log", "two"u8.ToArray(), 3, TestContext.Current.CancellationToken));
    }

    /// <summary>
    /// What a process leaves that is killed in the middle of an append: whoever comes next sees the real length, and neither writes over the half line nor
    /// behind a gap.
    /// </summary>
    [Fact]
    public async Task AppendAsync_AfterAHalfWrittenAppend_NeedsTheRealLength()
    {
        await _store.AppendAsync("log", Encoding.UTF8.GetBytes("one\n"), 0, TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(Path.Combine(_root, "log"), "tw", TestContext.Current.CancellationToken);

        var changed = await Assert.ThrowsAsync<ArtifactChangedException>(() => _store.AppendAsync("log", "two\n"u8.ToArray(), 4));

        Assert.Contains("6", changed.Message, StringComparison.Ordinal);
        Assert.Equal(11, await _store.AppendAsync("log", "\ntwo\n"u8.ToArray(), 6, TestContext.Current.CancellationToken));
        Assert.Equal("one\ntw\ntwo\n", await File.ReadAllTextAsync(Path.Combine(_root, "log"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Flush_FolderThatIsGone_IsLeftAlone() => Durability.System.FlushFolder(Path.Combine(_root, "gone"));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private sealed class Recorder(string root) : Durability
    {
        public List<string> Calls { get; } = [];

        /// <summary>A path of which each call notes whether it has its name yet.</summary>
        public string Watched { get; set; } = "";

        public bool Fails { get; set; }

        public override void FlushFile(FileStream file)
        {
            Note($"file {Relative(file.Name)} of {file.Length} bytes");
            if (Fails)
            {
                throw new IOException("The disk is away.");
            }
            base.FlushFile(file);
        }

        public override void FlushFolder(string folder)
        {
            Note($"folder {Relative(folder)}");
            base.FlushFolder(folder);
        }

        // Without the random end of a temporary name.
        private string Relative(string path) =>
            Path.GetRelativePath(root, path) is var relative && relative.IndexOf('~') is >= 0 and var mark ? relative[..(mark + 1)] : relative;

        private void Note(string call) => Calls.Add($"{call} {(Path.Exists(Path.Combine(root, Watched)) ? "with it" : "without it")}");
    }
}
