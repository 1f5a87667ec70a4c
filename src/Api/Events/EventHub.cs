using System.Runtime.CompilerServices;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Api.Events;

/// <summary>Opens a job's events from a number on.</summary>
/// <param name="fromSequence">First sequence number wanted.</param>
/// <param name="cancellationToken">Ends the stream.</param>
/// <returns>Events without gaps.</returns>
internal delegate IAsyncEnumerable<ProgressEvent> EventSource(long fromSequence, CancellationToken cancellationToken);

/// <summary>
/// The events of jobs that callers of this process watch. However many watch a job, its grain is watched once, and each event is written as JSON once.
/// </summary>
internal sealed class EventHub
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, JobFeed> _feeds = new(StringComparer.Ordinal);

    /// <summary>How many jobs are watched now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _feeds.Count;
            }
        }
    }

    /// <summary>A job's events from a number on, until its source ends.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="source">The way to its events.</param>
    /// <param name="fromSequence">First sequence number wanted.</param>
    /// <param name="cancellationToken">Ends this caller's stream.</param>
    /// <returns>Events without gaps.</returns>
    public async IAsyncEnumerable<SharedEvent> WatchAsync(
        string jobId,
        EventSource source,
        long fromSequence,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var next = fromSequence;
        var feed = Join(jobId, source, fromSequence);
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var batch = feed.Read(next);
                if (batch.IsBehind)
                {
                    // Older than what is kept here: read from the log up to there.
                    await foreach (var old in source(next, cancellationToken))
                    {
                        yield return new SharedEvent(old);
                        next = old.Sequence + 1;
                        if (next >= batch.First)
                        {
                            break;
                        }
                    }

                    if (next < batch.First)
                    {
                        // The log itself ended before: the job was deleted, or its silo went.
                        yield break;
                    }

                    continue;
                }

                foreach (var one in batch.Events)
                {
                    yield return one;
                    next = one.Event.Sequence + 1;
                }

                if (batch.Events.Count > 0)
                {
                    continue;
                }

                if (batch.HasEnded)
                {
                    batch.Error?.Throw();
                    yield break;
                }

                await batch.More.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            Leave(jobId, feed);
        }
    }

    private JobFeed Join(string jobId, EventSource source, long fromSequence)
    {
        lock (_gate)
        {
            // One that has ended may have done so for a reason that has passed.
            if (!_feeds.TryGetValue(jobId, out var feed) || feed.HasEnded)
            {
                feed = new JobFeed(source, fromSequence);
                _feeds[jobId] = feed;
                feed.Start();
            }

            feed.Watchers++;
            return feed;
        }
    }

    private void Leave(string jobId, JobFeed feed)
    {
        lock (_gate)
        {
            if (--feed.Watchers > 0)
            {
                return;
            }

            if (_feeds.GetValueOrDefault(jobId) == feed)
            {
                _feeds.Remove(jobId);
            }
        }

        feed.Dispose();
    }
}
