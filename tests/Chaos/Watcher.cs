using System.Globalization;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Chaos;

/// <summary>
/// Follows a job through all faults: after a lost connection it goes on behind the last event that it has seen. It never gets an event twice, out of turn, or
/// after a gap.
/// </summary>
/// <param name="job">The job.</param>
internal sealed class Watcher(Watched job)
{
    private readonly Lock _gate = new();
    private readonly List<(ProgressEvent Event, DateTimeOffset At)> _seen = [];
    private readonly List<string> _violations = [];
    private (JobState State, long Epoch, long Sequence, int Retries) _last;

    /// <summary>What it has seen, and when.</summary>
    public IReadOnlyList<(ProgressEvent Event, DateTimeOffset At)> Seen
    {
        get
        {
            lock (_gate)
            {
                return [.. _seen];
            }
        }
    }

    /// <summary>What must not be.</summary>
    public IReadOnlyList<string> Violations
    {
        get
        {
            lock (_gate)
            {
                return [.. _violations];
            }
        }
    }

    /// <summary>Whether it was told that the job has succeeded.</summary>
    public bool SawSuccess { get; private set; }

    /// <summary>Watches until the job has ended and all its events are seen. Of one that was retried meanwhile it may be called once more.</summary>
    /// <param name="cancellationToken">Stops.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var progress in job.WatchAsync(Count + 1, cancellationToken))
                {
                    if (!Take(progress))
                    {
                        return;
                    }
                }

                var status = await job.GetStatusAsync(cancellationToken);
                Take(status);
                if (status.State.IsFinal() && Count >= status.LastSequence)
                {
                    return;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
            }
            catch (Exception e) when (Calls.MayPass(e, cancellationToken))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Violate($"its watcher was told: {e.Message}");
                return;
            }
        }
    }

    private int Count
    {
        get
        {
            lock (_gate)
            {
                return _seen.Count;
            }
        }
    }

    private bool Take(ProgressEvent progress)
    {
        lock (_gate)
        {
            if (progress.Sequence != _seen.Count + 1)
            {
                _violations.Add(string.Create(CultureInfo.InvariantCulture, $"{job.Id}: a watcher got event {progress.Sequence} after {_seen.Count}"));
                return false;
            }

            _seen.Add((progress, DateTimeOffset.UtcNow));
            SawSuccess |= progress.Stage == JobState.Succeeded;
            return true;
        }
    }

    // What was said once stays so: a final state until a retry, the epoch, the number of events, the retries.
    private void Take(IJobStatus status)
    {
        var retries = Watched.RetriesOf(status);
        if (
            (_last.State.IsFinal() && status.State != _last.State && retries == _last.Retries)
            || retries < _last.Retries
            || status.Epoch < _last.Epoch
            || status.LastSequence < _last.Sequence
        )
        {
            Violate(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"was {_last.State} in epoch {_last.Epoch} with {_last.Sequence} events, and later {status.State} in epoch {status.Epoch} with "
                        + $"{status.LastSequence}"
                )
            );
        }

        _last = (status.State, status.Epoch, status.LastSequence, retries);
    }

    private void Violate(string what)
    {
        lock (_gate)
        {
            _violations.Add($"{job.Id}: {what}");
        }
    }
}
