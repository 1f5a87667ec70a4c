using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Chaos;

/// <summary>What a look at a job found.</summary>
internal sealed record JobFindings
{
    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>How it ended.</summary>
    public required JobState State { get; init; }

    /// <summary>What must not be.</summary>
    public required IReadOnlyList<string> Violations { get; init; }

    /// <summary>Epochs after the first.</summary>
    public required long Resumes { get; init; }

    /// <summary>The training steps of its log, in the log's order.</summary>
    public required IReadOnlyList<ProgressEvent> Steps { get; init; }

    /// <summary>Files of its epochs that crashes left behind, and a collection would take.</summary>
    public required int LeftOver { get; init; }

    /// <summary>Checkpoints that could not be used, as its warnings say.</summary>
    public required int DroppedCheckpoints { get; init; }

    /// <summary>Steps taken more than once.</summary>
    public int StepsRepeated => Steps.Count - Steps.Select(step => step.Step).Distinct().Count();

    /// <summary>The longest time between two training steps.</summary>
    public (DateTimeOffset From, DateTimeOffset To) LongestGap =>
        Steps.Zip(Steps.Skip(1), (from, to) => (from.Time, to.Time)).DefaultIfEmpty().MaxBy(gap => gap.Item2 - gap.Item1);
}
