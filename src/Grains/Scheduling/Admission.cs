using System.Globalization;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// Says before a job is stored whether the queue has room for it, and keeps that place until the job comes. Jobs that had a place once are never refused. When
/// there may be room again is estimated from the starts of late.
/// </summary>
/// <param name="maxPerOwner">Most waiting jobs of an owner.</param>
/// <param name="maxQueued">Most waiting jobs.</param>
internal sealed class Admission(int maxPerOwner, int maxQueued)
{
    private const int Remembered = 64;
    private const int LongestWait = 3600;

    // A submission that died between asking and coming.
    private static readonly TimeSpan s_reserved = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_unknown = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, (string Owner, DateTimeOffset Until)> _reservations = new(StringComparer.Ordinal);
    private readonly Queue<DateTimeOffset> _starts = new();

    /// <summary>Keeps a place for a job.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="owner">Its owner.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="OneShotException">limit: there is none.</exception>
    public void Admit(FairQueue queue, string jobId, string owner, DateTimeOffset now)
    {
        if (queue.Find(jobId) is not null)
        {
            return;
        }
        foreach (var lapsed in _reservations.Where(reservation => reservation.Value.Until <= now).Select(reservation => reservation.Key).ToList())
        {
            _reservations.Remove(lapsed);
        }
        _reservations.Remove(jobId);
        if (queue.CountOf(owner) + _reservations.Values.Count(reservation => reservation.Owner == owner) >= maxPerOwner)
        {
            throw Refuse($"{owner} has {maxPerOwner} jobs in the queue, the most for an owner", "owner", now);
        }
        if (queue.Count + _reservations.Count >= maxQueued)
        {
            throw Refuse($"The queue holds {maxQueued} jobs and is full", null, now);
        }
        _reservations.Add(jobId, (owner, now + s_reserved));
    }

    /// <summary>The job is in the queue.</summary>
    /// <param name="jobId">The job.</param>
    public void Came(string jobId) => _reservations.Remove(jobId);

    /// <summary>A job has started, and leaves room.</summary>
    /// <param name="now">The time.</param>
    public void Started(DateTimeOffset now)
    {
        _starts.Enqueue(now);
        if (_starts.Count > Remembered)
        {
            _starts.Dequeue();
        }
    }

    private OneShotException Refuse(string why, string? field, DateTimeOffset now)
    {
        // Time between two starts, at least since the last one.
        var wait = _starts.Count < 2 ? s_unknown : (now - _starts.Peek()) / (_starts.Count - 1);
        var seconds = (int)Math.Clamp(Math.Ceiling(wait.TotalSeconds), 1, LongestWait);
        return new OneShotException(
            new ErrorDetail(
                ErrorCodes.Limit,
                string.Create(CultureInfo.InvariantCulture, $"{why}; try again in {seconds} s."),
                field,
                "Wait for jobs to start, or cancel some."
            )
        )
        {
            RetryAfter = TimeSpan.FromSeconds(seconds),
        };
    }
}
