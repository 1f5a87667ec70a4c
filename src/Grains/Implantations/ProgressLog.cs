using System.Text;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>
/// A job's progress events: in memory, and as lines in one file an epoch (epoch 0: before the first start). Events are appended durably before anybody sees
/// them, so a sequence number that a watcher has seen keeps its event through a crash. Each append names the length it expects: of two activations of one job
/// only one can write.
/// </summary>
internal sealed class ProgressLog(IArtifactStore store, string jobId)
{
    private readonly List<ProgressEvent> _events = [];
    private int _stored;
    private long _fileEpoch;
    private long _fileLength;
    private bool _tornTail;

    /// <summary>Sequence number of the newest event; 0 for none.</summary>
    public long Last => _events.Count;

    /// <summary>The newest event.</summary>
    public ProgressEvent? Newest => _events.Count == 0 ? null : _events[^1];

    /// <summary>An event.</summary>
    /// <param name="sequence">Its number, 1 to <see cref="Last"/>.</param>
    /// <returns>The event.</returns>
    public ProgressEvent this[long sequence] => _events[checked((int)sequence - 1)];

    /// <summary>Reads the files of all epochs.</summary>
    /// <param name="epoch">The newest epoch.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When read.</returns>
    public async Task LoadAsync(long epoch, CancellationToken cancellationToken)
    {
        _events.Clear();
        for (var n = 0L; n <= epoch; n++)
        {
            await LoadFileAsync(n, cancellationToken);
        }
        _stored = _events.Count;
    }

    /// <summary>Adds an event in memory; <see cref="StoreAsync"/> makes it durable.</summary>
    /// <param name="progress">The event; its number is replaced.</param>
    public void Add(ProgressEvent progress) => _events.Add(progress with { Sequence = _events.Count + 1 });

    /// <summary>Drops what is neither stored nor shown, but for the newest event, which takes the first of their numbers.</summary>
    /// <param name="shown">Number of the newest event that somebody may have seen.</param>
    public void KeepNewestAfter(long shown)
    {
        var first = Math.Max(_stored, checked((int)shown));
        if (Newest is { } newest && first < _events.Count)
        {
            _events.RemoveRange(first, _events.Count - first);
            Add(newest);
        }
    }

    /// <summary>Whether one of the newest events says the same: a report that arrives twice is logged once.</summary>
    /// <param name="update">What a trainer reports.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <returns>True if it is known.</returns>
    public bool Knows(ProgressUpdate update, long epoch)
    {
        for (var i = _events.Count - 1; i >= Math.Max(0, _events.Count - 512); i--)
        {
            var known = _events[i];
            if (
                known.Epoch == epoch
                && known.Time == update.Time
                && known.Stage == update.Stage
                && known.Step == update.Step
                && known.Message == update.Message
            )
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Appends what is not yet stored.</summary>
    /// <param name="epoch">The present epoch, whose file takes it.</param>
    /// <returns>When durable.</returns>
    /// <exception cref="ArtifactChangedException">Another activation writes this log.</exception>
    /// <exception cref="IOException">The store can't take it; the events stay in memory and go with the next call.</exception>
    public async Task StoreAsync(long epoch)
    {
        if (_stored == _events.Count)
        {
            return;
        }
        if (epoch != _fileEpoch)
        {
            (_fileEpoch, _fileLength, _tornTail) = (epoch, 0, false);
        }
        var lines = new StringBuilder();
        if (_tornTail)
        {
            lines.Append('\n');
        }
        var upTo = _events.Count;
        for (var i = _stored; i < upTo; i++)
        {
            lines.Append(ProgressJson.ToLine(_events[i])).Append('\n');
        }
        _fileLength = await store.AppendAsync(StorePaths.Progress(jobId, epoch), Encoding.UTF8.GetBytes(lines.ToString()), _fileLength);
        _stored = upTo;
        _tornTail = false;
    }

    private async Task LoadFileAsync(long epoch, CancellationToken cancellationToken)
    {
        var bytes = await store.ReadAllBytesAsync(StorePaths.Progress(jobId, epoch), cancellationToken) ?? [];
        // A crash may have cut off the last line. Nobody has seen that event; its number is given out again.
        (_fileEpoch, _fileLength, _tornTail) = (epoch, bytes.Length, bytes.Length > 0 && bytes[^1] != (byte)'\n');
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (ProgressJson.FromLine(line) is { } progress && progress.Sequence > _events.Count)
            {
                Add(progress);
            }
        }
    }
}
