using System.Globalization;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Cli.Output;

/// <summary>Progress as lines, for logs and pipes: each stage, each message, and ten lines over the training.</summary>
/// <param name="error">Where to write.</param>
/// <param name="store">Folder below which previews lie; null: not on this machine.</param>
internal sealed class LineDisplay(TextWriter error, string? store) : IProgressDisplay
{
    private readonly StepRate _rate = new();
    private JobState? _stage;
    private int _tenth;

    /// <inheritdoc/>
    public void Show(ProgressEvent progress)
    {
        _rate.Observe(progress);
        if (progress.Stage != _stage)
        {
            _stage = progress.Stage;
            _tenth = -1;
            if (progress.Stage != JobState.Training)
            {
                error.WriteLine(progress.Stage);
            }
        }

        if (progress.Message is { } message)
        {
            error.WriteLine(message);
        }

        var tenth = progress.Steps > 0 ? progress.Step * 10 / progress.Steps : 0;
        if (progress is { Stage: JobState.Training, Losses: { } losses } && tenth != _tenth)
        {
            _tenth = tenth;
            var rate = _rate.StepsPerSecond is { } perSecond ? string.Create(CultureInfo.InvariantCulture, $", {perSecond:0.##} steps/s") : "";
            var left = _rate.Left(progress) is { } time ? $", {StepRate.Text(time)} left" : "";
            error.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Training step {progress.Step}/{progress.Steps}: global {losses.Global:0.0000}, object {losses.Object:0.0000}, class "
                        + $"{losses.Class:0.0000}{rate}{left}"
                )
            );
        }

        if (PreviewText.Of(progress, store) is { } preview)
        {
            error.WriteLine(preview);
        }
    }

    /// <inheritdoc/>
    public void Say(string sentence) => error.WriteLine(sentence);

    /// <inheritdoc/>
    public void Dispose() { }
}
