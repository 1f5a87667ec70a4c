using System.Collections.Immutable;
using System.Threading.Channels;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// Carries progress from the engine's thread to the job, in order: what gathers during a call goes with the next. The engine goes on meanwhile, up to a bound:
/// nothing is left out, so a job that nobody can reach holds it up in the end.
/// </summary>
internal sealed class ProgressPump
{
    private const int MaxBatch = 256;
    private const int Capacity = 8192;

    private readonly Channel<Item> _items = Channel.CreateBounded<Item>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly Func<ImmutableArray<ProgressUpdate>, Task> _send;
    private readonly Action<Exception> _onEnd;
    private readonly Task _loop;
    private Exception? _ended;

    /// <summary>Starts the pump.</summary>
    /// <param name="send">Sends a batch; retries by itself.</param>
    /// <param name="onEnd">Called once when a batch could not be sent for good, as when the job refuses this epoch; what follows is dropped.</param>
    public ProgressPump(Func<ImmutableArray<ProgressUpdate>, Task> send, Action<Exception> onEnd)
    {
        _send = send;
        _onEnd = onEnd;
        _loop = Task.Run(PumpAsync);
    }

    /// <summary>Hands in progress; waits while thousands of updates are under way.</summary>
    /// <param name="update">What happened.</param>
    public void Report(ProgressUpdate update)
    {
        var item = new Item(update, null);
        while (!_items.Writer.TryWrite(item))
        {
            if (!_items.Writer.WaitToWriteAsync().AsTask().GetAwaiter().GetResult())
            {
                return;
            }
        }
    }

    /// <summary>Hands in something that may be left out; never waits.</summary>
    /// <param name="update">What happened.</param>
    public void Note(ProgressUpdate update) => _items.Writer.TryWrite(new Item(update, null));

    /// <summary>Waits until all that was reported before has been logged by the job.</summary>
    /// <returns>When logged.</returns>
    /// <exception cref="StaleEpochException">The job refuses this epoch.</exception>
    public async Task FlushAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var item = new Item(null, done);
        while (!_items.Writer.TryWrite(item))
        {
            if (!await _items.Writer.WaitToWriteAsync())
            {
                await _loop;
                return;
            }
        }

        await done.Task;
    }

    /// <summary>Ends the pump after what was reported.</summary>
    /// <returns>When it has ended; never throws.</returns>
    public Task CompleteAsync()
    {
        _items.Writer.TryComplete();
        return _loop;
    }

    private async Task PumpAsync()
    {
        var batch = ImmutableArray.CreateBuilder<ProgressUpdate>();
        while (await _items.Reader.WaitToReadAsync())
        {
            var flushed = new List<TaskCompletionSource>();
            while (batch.Count < MaxBatch && _items.Reader.TryRead(out var item))
            {
                if (item.Update is not null)
                {
                    batch.Add(item.Update);
                }
                else if (item.Flushed is not null)
                {
                    flushed.Add(item.Flushed);
                }
            }

            if (batch.Count > 0 && _ended is null)
            {
                await SendAsync(batch.ToImmutable());
            }
            batch.Clear();
            foreach (var waiter in flushed)
            {
                if (_ended is null)
                {
                    waiter.SetResult();
                }
                else
                {
                    waiter.SetException(_ended);
                }
            }
        }
    }

    private async Task SendAsync(ImmutableArray<ProgressUpdate> batch)
    {
        try
        {
            await _send(batch);
        }
        catch (Exception e)
        {
            // A stale epoch, a job out of reach, or the silo gives up: the rest is read and dropped, so that nobody waits for it.
            _ended = e;
            _onEnd(e);
        }
    }

    private readonly record struct Item(ProgressUpdate? Update, TaskCompletionSource? Flushed);
}
