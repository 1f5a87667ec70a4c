using System.Text;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Implantations;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Grains.Tests.Implantations;

public sealed class ProgressLogTests : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"oneshot-log-{Guid.NewGuid():N}");
    private readonly FileArtifactStore _store;

    public ProgressLogTests() => _store = new FileArtifactStore(_root);

    [Fact]
    public async Task LoadAsync_SeveralEpochs_GivesAllEventsInOrder()
    {
        var log = new ProgressLog(_store, "j");
        await AddAsync(log, 0, "a");
        await AddAsync(log, 1, "b", "c");
        await AddAsync(log, 2, "d");
        var loaded = await LoadAsync(2);
        Assert.Equal(["a", "b", "c", "d"], Enumerable.Range(1, 4).Select(n => loaded[n].Message));
        Assert.Equal([1L, 2, 3, 4], Enumerable.Range(1, 4).Select(n => loaded[n].Sequence));
    }

    [Fact]
    public async Task StoreAsync_AfterATornLine_GivesItsNumberOutAgain()
    {
        var log = new ProgressLog(_store, "j");
        await AddAsync(log, 1, "a", "torn");
        var bytes = (await _store.ReadAllBytesAsync(StorePaths.Progress("j", 1)))!;
        await _store.WriteAsync(StorePaths.Progress("j", 1), new MemoryStream(bytes[..^9]));

        var after = await LoadAsync(1);
        Assert.Equal(1, after.Last);
        await AddAsync(after, 1, "b");
        await AddAsync(after, 1, "c");
        var again = await LoadAsync(1);
        Assert.Equal(["a", "b", "c"], Enumerable.Range(1, 3).Select(n => again[n].Message));
        Assert.Equal(3, again.Last);
    }

    [Fact]
    public async Task StoreAsync_TwoActivationsOfOneJob_OnlyOneWrites()
    {
        var first = await LoadAsync(1);
        var second = await LoadAsync(1);
        await AddAsync(first, 1, "first");
        await Assert.ThrowsAsync<ArtifactChangedException>(() => AddAsync(second, 1, "second"));
        Assert.Equal("first", (await LoadAsync(1))[1].Message);
    }

    [Fact]
    public async Task Knows_SameReportAgain_IsRecognised()
    {
        var log = new ProgressLog(_store, "j");
        var update = new ProgressUpdate
        {
            Time = DateTimeOffset.UnixEpoch,
            Stage = JobState.Training,
            Step = 3,
        };
        Assert.False(log.Knows(update, 1));
        log.Add(
            new ProgressEvent
            {
                Sequence = 0,
                Time = update.Time,
                Stage = update.Stage,
                Step = 3,
                Epoch = 1,
            }
        );
        Assert.True(log.Knows(update, 1));
        Assert.False(log.Knows(update, 2));
        Assert.False(log.Knows(update with { Step = 4 }, 1));
        await log.StoreAsync(1);
        Assert.Single(
            Encoding.UTF8.GetString((await _store.ReadAllBytesAsync(StorePaths.Progress("j", 1)))!).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        );
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private async Task<ProgressLog> LoadAsync(long epoch)
    {
        var log = new ProgressLog(_store, "j");
        await log.LoadAsync(epoch, CancellationToken.None);
        return log;
    }

    private static async Task AddAsync(ProgressLog log, long epoch, params string[] messages)
    {
        foreach (var message in messages)
        {
            log.Add(
                new ProgressEvent
                {
                    Sequence = 0,
                    Time = DateTimeOffset.UtcNow,
                    Stage = JobState.Training,
                    Epoch = epoch,
                    Message = message,
                }
            );
        }
        await log.StoreAsync(epoch);
    }
}
