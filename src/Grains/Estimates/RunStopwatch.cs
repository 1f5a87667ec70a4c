using OrleansOneShot.Contracts.Estimates;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Grains.Estimates;

/// <summary>Measures the parts of a run by what its engine reports, as it reports it.</summary>
/// <param name="clock">The clock.</param>
internal sealed class RunStopwatch(TimeProvider clock)
{
    private readonly long _began = clock.GetTimestamp();
    private (long Time, int Step)? _first;
    private (long Time, int Step) _last;
    private double _firstSeconds;
    private int _steps;
    private int _pictures;

    /// <summary>Something was reported.</summary>
    /// <param name="update">What.</param>
    public void Add(ProgressUpdate update)
    {
        if (update is { Stage: JobState.Training, StepSeconds: { } seconds })
        {
            _last = (clock.GetTimestamp(), update.Step);
            _steps = update.Steps;
            if (_first is null)
            {
                (_first, _firstSeconds) = (_last, seconds);
            }
        }
        else if (update.Stage == JobState.Sampling)
        {
            _pictures = Math.Max(_pictures, update.Steps);
        }
    }

    /// <summary>The run has come to its end.</summary>
    /// <param name="hasDefaultSteps">Whether the request left the number of steps to the model.</param>
    /// <returns>What it took; null: it made no step, since it resumed behind the last one, and tells nothing of others.</returns>
    public RunDurations? Stop(bool hasDefaultSteps)
    {
        if (_first is not { } first)
        {
            return null;
        }

        var steps = _last.Step - first.Step;
        return new RunDurations(
            Math.Max(0, clock.GetElapsedTime(_began, first.Time).TotalSeconds - _firstSeconds),
            steps > 0 ? clock.GetElapsedTime(first.Time, _last.Time).TotalSeconds / steps : _firstSeconds,
            clock.GetElapsedTime(_last.Time).TotalSeconds,
            _pictures,
            _steps,
            hasDefaultSteps
        );
    }
}
