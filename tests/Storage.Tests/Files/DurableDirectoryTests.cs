using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Storage.Tests.Files;

/// <summary>Folders that are made while others delete them.</summary>
public sealed class DurableDirectoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-folders-").FullName;
    private readonly DurableDirectory _folders = new(Durability.System);

    [Fact]
    public async Task InFolder_WhileOthersDeleteEveryEmptyFolder_AlwaysMakesTheFile()
    {
        using var done = new CancellationTokenSource();
        var deleter = Task.Factory.StartNew(() => DeleteEmpty(done.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 4),
            TestContext.Current.CancellationToken,
            (writer, _) =>
            {
                for (var i = 0; i < 2000; i++)
                {
                    var file = Path.Combine(_root, "a", "b", $"{writer}");
                    _folders.InFolder(file, name => File.Create(name)).Dispose();
                    Assert.True(File.Exists(file));
                    File.Delete(file);
                }

                return ValueTask.CompletedTask;
            }
        );

        await done.CancelAsync();
        await deleter;
    }

    [Fact]
    public async Task Create_WhileOthersDeleteIt_NeverFails()
    {
        using var done = new CancellationTokenSource();
        var deleter = Task.Factory.StartNew(() => DeleteEmpty(done.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 4),
            TestContext.Current.CancellationToken,
            (_, _) =>
            {
                for (var i = 0; i < 2000; i++)
                {
                    _folders.Create(Path.Combine(_root, "a", "b"));
                }

                return ValueTask.CompletedTask;
            }
        );

        await done.CancelAsync();
        await deleter;
    }

    [Fact]
    public void Create_FileInTheWay_SaysSo()
    {
        File.WriteAllText(Path.Combine(_root, "file"), "");

        Assert.Throws<IOException>(() => _folders.Create(Path.Combine(_root, "file")));
        Assert.ThrowsAny<IOException>(() => _folders.Create(Path.Combine(_root, "file", "below")));
    }

    [Fact]
    public void InFolder_MakingFails_IsNotTriedForEver()
    {
        var calls = 0;

        Assert.Throws<FileNotFoundException>(() =>
            _folders.InFolder<int>(
                Path.Combine(_root, "x"),
                _ =>
                {
                    calls++;
                    throw new FileNotFoundException();
                }
            )
        );

        Assert.InRange(calls, 2, 1000);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void DeleteEmpty(CancellationToken stop)
    {
        var (upper, lower) = (Path.Combine(_root, "a"), Path.Combine(_root, "a", "b"));
        while (!stop.IsCancellationRequested)
        {
            foreach (var folder in new[] { lower, upper })
            {
                try
                {
                    Directory.Delete(folder);
                }
                catch (IOException)
                {
                    // Not there, or not empty.
                }
            }
        }
    }
}
