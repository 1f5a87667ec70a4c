using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Contracts.Estimates;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Estimates;

namespace OrleansOneShot.Grains.Tests.Estimates;

public sealed class RunStopwatchTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Stop_ARunThatResumed_TellsItsPartsByTheClock()
    {
        var watch = new RunStopwatch(_clock);
        After(5, watch, JobState.Preparing, 0, 1, seconds: null);
        After(7, watch, JobState.Training, 41, 100, seconds: 2);
        // A checkpoint lies between steps, and counts.
        After(3, watch, JobState.Training, 42, 100, seconds: 2);
        After(5, watch, JobState.Training, 43, 100, seconds: 2);
        After(9, watch, JobState.Sampling, 1, 6, seconds: null);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(new RunDurations(10, 4, 10, 6, 100, HasDefaultSteps: true), watch.Stop(hasDefaultSteps: true));
    }

    [Fact]
    public void Stop_OneStep_TakesItsOwnTime()
    {
        var watch = new RunStopwatch(_clock);
        After(7, watch, JobState.Training, 1, 1, seconds: 2);

        Assert.Equal(new RunDurations(5, 2, 0, 0, 1, HasDefaultSteps: false), watch.Stop(hasDefaultSteps: false));
    }

    [Fact]
    public void Stop_NoStep_TellsNothing()
    {
        var watch = new RunStopwatch(_clock);
        After(9, watch, JobState.Sampling, 1, 6, seconds: null);

        Assert.Null(watch.Stop(hasDefaultSteps: false));
    }

    private void After(int pause, RunStopwatch watch, JobState stage, int step, int steps, double? seconds)
    {
        _clock.Advance(TimeSpan.FromSeconds(pause));
        watch.Add(
            new ProgressUpdate
            {
                Time = _clock.GetUtcNow(),
                Stage = stage,
                Step = step,
                Steps = steps,
                StepSeconds = seconds,
            }
        );
    }
}
