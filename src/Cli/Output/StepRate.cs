using System.Globalization;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Cli.Output;

/// <summary>Steps a second and the time left, from the newest training steps.</summary>
internal sealed class StepRate
{
    private const double Weight = 0.1;
    private double? _secondsPerStep;

    /// <summary>Steps a second; null before the first.</summary>
    public double? StepsPerSecond => _secondsPerStep is > 0 ? 1 / _secondsPerStep : null;

    /// <summary>Takes an event in.</summary>
    /// <param name="progress">The event.</param>
    public void Observe(ProgressEvent progress)
    {
        if (progress is { Stage: JobState.Training, StepSeconds: { } seconds })
        {
            _secondsPerStep = _secondsPerStep is { } mean ? mean + (Weight * (seconds - mean)) : seconds;
        }
    }

    /// <summary>Time until the last training step.</summary>
    /// <param name="progress">The newest event.</param>
    /// <returns>The time; null when unknown.</returns>
    public TimeSpan? Left(ProgressEvent progress) =>
        progress.Stage == JobState.Training && _secondsPerStep is { } seconds && progress.Steps > progress.Step
            ? TimeSpan.FromSeconds(seconds * (progress.Steps - progress.Step))
            : null;

    /// <summary>A time as people read it: minutes and seconds, with hours from one on.</summary>
    /// <param name="time">The time.</param>
    /// <returns>Such as 04:05 or 1:04:05.</returns>
    public static string Text(TimeSpan time) =>
        (time.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:") : "")
        + time.ToString(@"mm\:ss", CultureInfo.InvariantCulture);
}
