using System.Collections.Immutable;
using System.Threading.Channels;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Progress;

namespace OrleansOneShot.Grains.Training;

/// <summary>Carries progress from the engine's thread to the job, in order: the engine never waits, and what gathers during a call goes with the next.</summary>
internal sealed class ProgressPump
{
    private const int MaxBatch = 256;

    private readonly Channel<Item> _items = Channel.CreateUnbounded<Item>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Func<ImmutableArray<ProgressUpdate>, Task> _send;
    private readonly Action _onStale;
    private readonly Task _loop;
    private Exception? _ended;

    /// <summary>Starts the pump.</summary>
    /// <param name="send">Sends a batch; retries by itself.</param>
    /// <param name="onStale">Called once when the job refuses this epoch.</param>
    public ProgressPump(Func<ImmutableArray<ProgressUpdate>, Task> send, Action onStale)
    {
        _send = send;
        _onStale = onStale;
        _loop = Task.Run(PumpAsync);
    }

    /// <summary>Hands in progress; never blocks.</summary>
    /// <param name="update">What happened.</param>
    public void Report(ProgressUpdate update) => _items.Writer.TryWrite(new Item(update, null));

    /// <summary>Waits until all that was reported before has been logged by the job.</summary>
    /// <returns>When logged.</returns>
    /// <exception cref="StaleEpochException">The job refuses this epoch.</exception>
    public Task FlushAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _items.Writer.TryWrite(new Item(null, done)) ? done.Task : _loop;
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
                    batch.Add(item.Update);
                else if (item.Flushed is not null)
                    flushed.Add(item.Flushed);
            }

            if (batch.Count > 0 && _ended is null)
                await SendAsync(batch.ToImmutable());
            batch.Clear();
            foreach (var waiter in flushed)
            {
                if (_ended is null)
                    waiter.SetResult();
                else
                    waiter.SetException(_ended);
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
            // A stale epoch, or the silo gives up: the rest is read and dropped, so that nobody waits for it.
            _ended = e;
            if (e is StaleEpochException)
                _onStale();
        }
    }

    private readonly record struct Item(ProgressUpdate? Update, TaskCompletionSource? Flushed);
}
