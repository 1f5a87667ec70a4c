using System.Collections.Immutable;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Progress;

/// <summary>What a trainer reports; the job's grain numbers it and makes it a <see cref="ProgressEvent"/>.</summary>
public sealed record ProgressUpdate
{
    private readonly ValueArray<TermLoss> _terms;

    /// <summary>When it happened, UTC.</summary>
    [FieldNumber(0)]
    public required DateTimeOffset Time { get; init; }

    /// <summary>The stage.</summary>
    [FieldNumber(1)]
    public required JobState Stage { get; init; }

    /// <summary>Steps done in this stage.</summary>
    [FieldNumber(2)]
    public int Step { get; init; }

    /// <summary>Steps to do in this stage.</summary>
    [FieldNumber(3)]
    public int Steps { get; init; }

    /// <summary>The losses of the step that every version has known.</summary>
    [FieldNumber(4)]
    public TermLosses? Losses { get; init; }

    /// <summary>The losses of the step by name.</summary>
    [FieldNumber(10)]
    public ImmutableArray<TermLoss> Terms
    {
        get => _terms.Items.IsDefault ? TermLoss.Of(Losses) : _terms.Items;
        init => _terms = new ValueArray<TermLoss>(value);
    }

    /// <summary>Seconds the step took.</summary>
    [FieldNumber(5)]
    public double? StepSeconds { get; init; }

    /// <summary>Something people should read.</summary>
    [FieldNumber(6)]
    public string? Message { get; init; }

    /// <summary>Whether <see cref="Message"/> is a warning, to be kept with the result.</summary>
    [FieldNumber(7)]
    public bool IsWarning { get; init; }

    /// <summary>Store path of a preview picture.</summary>
    [FieldNumber(8)]
    public string? Preview { get; init; }

    /// <summary>Of a preview: its alignment; null: not measured.</summary>
    [FieldNumber(9)]
    public JobMetrics? Metrics { get; init; }
}
