using System.Threading.Channels;
using OrleansOneShot.Api.Events;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Api.Tests.Events;

public sealed class EventHubTests
{
    private readonly EventHub _hub = new();
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task Watch_ByMany_ReadsTheJobOnce_AndAllGetEveryEvent()
    {
        var log = new Log();
        var watchers = Enumerable.Range(0, 20).Select(_ => ReadAsync(log, 1)).ToList();
        for (var i = 1; i <= 500; i++)
        {
            log.Add();
        }

        log.End();
        var seen = await Task.WhenAll(watchers);

        Assert.All(seen, numbers => Assert.Equal(Enumerable.Range(1, 500).Select(i => (long)i), numbers));
        Assert.Equal(0, _hub.Count);
    }

    [Fact]
    public async Task Watch_WhileAnotherDoes_OpensNoSecondStream()
    {
        var log = new Log();
        log.Add();
        await using var first = _hub.WatchAsync("j", log.Open, 1, _limit).GetAsyncEnumerator(_limit);
        Assert.True(await first.MoveNextAsync());
        await using var second = _hub.WatchAsync("j", log.Open, 1, _limit).GetAsyncEnumerator(_limit);
        Assert.True(await second.MoveNextAsync());

        Assert.Equal(1, log.Opened);
        Assert.Same(first.Current, second.Current);
    }

    [Fact]
    public async Task Watch_FromBeforeWhatIsKept_ReadsTheLogUpToThere()
    {
        var log = new Log();
        for (var i = 0; i < 10; i++)
        {
            log.Add();
        }

        await using var late = _hub.WatchAsync("j", log.Open, 8, _limit).GetAsyncEnumerator(_limit);
        Assert.True(await late.MoveNextAsync());
        var early = ReadAsync(log, 1);
        log.Add();
        log.End();

        Assert.Equal(Enumerable.Range(1, 11).Select(i => (long)i), await early);
    }

    [Fact]
    public async Task Watch_NobodyAnyMore_ClosesTheStream()
    {
        var log = new Log();
        log.Add();
        await using (var only = _hub.WatchAsync("j", log.Open, 1, _limit).GetAsyncEnumerator(_limit))
        {
            Assert.True(await only.MoveNextAsync());
        }

        await log.Closed.WaitAsync(_limit);
        Assert.Equal(0, _hub.Count);
    }

    [Fact]
    public async Task Watch_OfAStreamThatBreaks_TellsWhy_AndTheNextOneBeginsAnew()
    {
        var log = new Log();
        log.Add();
        await using var watcher = _hub.WatchAsync("j", log.Open, 1, _limit).GetAsyncEnumerator(_limit);
        Assert.True(await watcher.MoveNextAsync());
        log.Break(new TimeoutException("gone"));

        await Assert.ThrowsAsync<TimeoutException>(async () => await watcher.MoveNextAsync());

        var mended = new Log();
        mended.Add();
        mended.End();
        Assert.Equal([1L], await ReadAsync(mended, 1));
    }

    [Fact]
    public async Task Watch_FarBehind_MissesNothing()
    {
        var log = new Log();
        await using var slow = _hub.WatchAsync("j", log.Open, 1, _limit).GetAsyncEnumerator(_limit);
        log.Add();
        Assert.True(await slow.MoveNextAsync());
        const int Many = (3 * JobFeed.Kept) + 7;
        var fast = ReadAsync(log, 1);
        for (var i = 2; i <= Many; i++)
        {
            log.Add();
        }

        log.End();
        Assert.Equal(Many, (await fast).Count);
        List<long> rest = [];
        while (await slow.MoveNextAsync())
        {
            rest.Add(slow.Current.Event.Sequence);
        }

        Assert.Equal(Enumerable.Range(2, Many - 1).Select(i => (long)i), rest);
    }

    private async Task<List<long>> ReadAsync(Log log, long from)
    {
        List<long> seen = [];
        await foreach (var one in _hub.WatchAsync("j", log.Open, from, _limit))
        {
            seen.Add(one.Event.Sequence);
        }

        return seen;
    }

    /// <summary>A job's log that grows.</summary>
    private sealed class Log
    {
        private readonly Lock _gate = new();
        private readonly List<ProgressEvent> _events = [];
        private readonly List<Channel<bool>> _readers = [];
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? _error;
        private bool _ended;

        public int Opened { get; private set; }

        public Task Closed => _closed.Task;

        public void Add()
        {
            lock (_gate)
            {
                _events.Add(
                    new ProgressEvent
                    {
                        Sequence = _events.Count + 1,
                        Time = DateTimeOffset.UnixEpoch,
                        Stage = JobState.Training,
                    }
                );
                _readers.ForEach(reader => reader.Writer.TryWrite(true));
            }
        }

        public void End() => Break(null);

        public void Break(Exception? error)
        {
            lock (_gate)
            {
                (_ended, _error) = (true, error);
                _readers.ForEach(reader => reader.Writer.TryWrite(true));
            }
        }

        public async IAsyncEnumerable<ProgressEvent> Open(
            long fromSequence,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
        )
        {
            var news = Channel.CreateUnbounded<bool>();
            lock (_gate)
            {
                Opened++;
                _readers.Add(news);
            }

            try
            {
                for (var next = fromSequence; ; next++)
                {
                    while (Find(next) is null)
                    {
                        if (_ended)
                        {
                            if (_error is not null)
                            {
                                throw _error;
                            }

                            yield break;
                        }

                        await news.Reader.ReadAsync(cancellationToken);
                    }

                    yield return Find(next)!;
                }
            }
            finally
            {
                _closed.TrySetResult();
            }
        }

        private ProgressEvent? Find(long sequence)
        {
            lock (_gate)
            {
                return sequence <= _events.Count ? _events[(int)sequence - 1] : null;
            }
        }
    }
}
