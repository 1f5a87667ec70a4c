using System.Runtime.ExceptionServices;
using System.Text.Json;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Api.Events;

/// <summary>An event that several callers get.</summary>
/// <param name="progress">The event.</param>
internal sealed class SharedEvent(ProgressEvent progress)
{
    private readonly Lazy<byte[]> _json = new(() => JsonSerializer.SerializeToUtf8Bytes(progress, DocumentJson.Options));

    /// <summary>The event.</summary>
    public ProgressEvent Event { get; } = progress;

    /// <summary>Its document, in UTF-8; written when it is first asked for.</summary>
    public ReadOnlyMemory<byte> Json => _json.Value;
}

/// <summary>What a feed has for a caller.</summary>
/// <param name="First">The oldest event that is kept.</param>
/// <param name="IsBehind">Whether the caller wants older ones.</param>
/// <param name="Events">Events from the wanted one on.</param>
/// <param name="HasEnded">Whether there will be no more.</param>
/// <param name="Error">Why, if it broke.</param>
/// <param name="More">Done when there are more, or the feed has ended.</param>
internal readonly record struct FeedBatch(long First, bool IsBehind, IReadOnlyList<SharedEvent> Events, bool HasEnded, ExceptionDispatchInfo? Error, Task More);

/// <summary>The events of one job, read once and kept for those who watch it.</summary>
/// <param name="source">The way to the job's events.</param>
/// <param name="first">Where to begin.</param>
internal sealed class JobFeed(EventSource source, long first) : IDisposable
{
    /// <summary>Most events that are kept; who is further behind reads the log.</summary>
    public const int Kept = 4096;

    private const int MostAtOnce = 256;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<SharedEvent> _events = [];

    // The oldest event that is kept.
    private long _first = first;
    private TaskCompletionSource _more = New();
    private ExceptionDispatchInfo? _error;
    private bool _ended;

    /// <summary>How many watch; the hub counts.</summary>
    public int Watchers { get; set; }

    /// <summary>Whether there will be no more events.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _ended;
            }
        }
    }

    /// <summary>Begins to read.</summary>
    public void Start()
    {
        var (from, stop) = (_first, _stop.Token);
        _ = Task.Run(() => PumpAsync(from, stop));
    }

    /// <summary>Stops reading: nobody watches any more.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <summary>What there is for a caller now.</summary>
    /// <param name="next">The event that the caller wants next.</param>
    /// <returns>Events, or what to wait for.</returns>
    public FeedBatch Read(long next)
    {
        lock (_gate)
        {
            var at = next - _first;
            IReadOnlyList<SharedEvent> events = at < 0 || at >= _events.Count ? [] : _events.GetRange((int)at, Math.Min(MostAtOnce, _events.Count - (int)at));
            return new FeedBatch(_first, at < 0, events, _ended, _error, _more.Task);
        }
    }

    private async Task PumpAsync(long from, CancellationToken stop)
    {
        try
        {
            await foreach (var progress in source(from, stop))
            {
                Add(progress);
            }

            End(error: null);
        }
        catch (Exception e)
        {
            End(ExceptionDispatchInfo.Capture(e));
        }
    }

    private void Add(ProgressEvent progress)
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            if (progress.Sequence != _first + _events.Count)
            {
                throw new InvalidOperationException($"Event {_first + _events.Count} was expected, and {progress.Sequence} came.");
            }

            _events.Add(new SharedEvent(progress));
            if (_events.Count >= 2 * Kept)
            {
                _events.RemoveRange(0, Kept);
                _first += Kept;
            }

            (waiting, _more) = (_more, New());
        }

        waiting.SetResult();
    }

    private void End(ExceptionDispatchInfo? error)
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            (_ended, _error, waiting) = (true, error, _more);
        }

        waiting.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
