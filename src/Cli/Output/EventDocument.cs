using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Progress;

namespace OrleansOneShot.Cli.Output;

/// <summary>A line of <c>jobs watch</c>.</summary>
internal sealed record EventDocument(long Seq, DateTimeOffset Time, JobState Stage, int Step, int Steps, TermLosses? Losses, long Epoch)
{
    /// <summary>Describes an event.</summary>
    /// <param name="progress">The event.</param>
    /// <returns>The document.</returns>
    public static EventDocument Of(ProgressEvent progress) =>
        new(progress.Sequence, progress.Time, progress.Stage, progress.Step, progress.Steps, progress.Losses, progress.Epoch);
}
