using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Progress;

/// <summary>One entry of a job's progress log. Sequence numbers have no gaps, also across resumes.</summary>
public sealed record ProgressEvent
{
    private readonly ValueArray<TermLoss> _terms;

    /// <summary>1 for the first event of the job, then one more each.</summary>
    [FieldNumber(0), JsonPropertyName("seq")]
    public required long Sequence { get; init; }

    /// <summary>When it happened, UTC.</summary>
    [FieldNumber(1)]
    public required DateTimeOffset Time { get; init; }

    /// <summary>The job's state.</summary>
    [FieldNumber(2)]
    public required JobState Stage { get; init; }

    /// <summary>Steps done in this stage: training steps while training, pictures while sampling.</summary>
    [FieldNumber(3)]
    public int Step { get; init; }

    /// <summary>Steps to do in this stage.</summary>
    [FieldNumber(4)]
    public int Steps { get; init; }

    /// <summary>The losses of the step that every version has known; null outside training. <see cref="Terms"/> has those of every method.</summary>
    [FieldNumber(5)]
    public TermLosses? Losses { get; init; }

    /// <summary>The losses of the step by name, in the order of the method: their sum is what was minimised. Empty outside training.</summary>
    [FieldNumber(12)]
    public ImmutableArray<TermLoss> Terms
    {
        // Earlier versions wrote no terms.
        get => _terms.Items.IsDefault ? TermLoss.Of(Losses) : _terms.Items;
        init => _terms = new ValueArray<TermLoss>(value);
    }

    /// <summary>The epoch that reports.</summary>
    [FieldNumber(6)]
    public long Epoch { get; init; }

    /// <summary>Seconds the step took; null outside training.</summary>
    [FieldNumber(7)]
    public double? StepSeconds { get; init; }

    /// <summary>Something people should read; null for a plain step.</summary>
    [FieldNumber(8)]
    public string? Message { get; init; }

    /// <summary>Store path of a preview picture; null for none.</summary>
    [FieldNumber(9)]
    public string? Preview { get; init; }

    /// <summary>Whether <see cref="Message"/> is a warning, which the result keeps.</summary>
    [FieldNumber(10), JsonPropertyName("warning"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsWarning { get; init; }

    /// <summary>Of a preview: its alignment, as a result's metrics tell that of the samples; null for none, or without a CLIP.</summary>
    [FieldNumber(11), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JobMetrics? Metrics { get; init; }
}

/// <summary>The losses of one training step that every version has known.</summary>
/// <param name="Global">|| eps - eps_theta ||^2 of the whole picture.</param>
/// <param name="Object">Sum of the masked terms (eq. 4, 5); 0 when switched off, or with a method that has none.</param>
/// <param name="Class">L_CL (eq. 3), summed over the objects drawn; 0 when not drawn or switched off, or with a method that has none.</param>
public sealed record TermLosses([property: FieldNumber(0)] double Global, [property: FieldNumber(1)] double Object, [property: FieldNumber(2)] double Class)
{
    /// <summary>Those of a method's losses that every version has known.</summary>
    /// <param name="terms">The losses by name.</param>
    /// <returns>The losses; null where there are none.</returns>
    public static TermLosses? Of(ImmutableArray<TermLoss> terms)
    {
        double Value(string name) => terms.FirstOrDefault(term => term.Name == name)?.Value ?? 0;
        return terms.IsDefaultOrEmpty ? null : new TermLosses(Value(TermLoss.Global), Value(TermLoss.Object), Value(TermLoss.Class));
    }
}

/// <summary>One loss of a training step.</summary>
/// <param name="Name">What it is called, such as <c>global</c>.</param>
/// <param name="Value">The loss; it may be no number.</param>
public sealed record TermLoss([property: FieldNumber(0)] string Name, [property: FieldNumber(1)] double Value)
{
    internal const string Global = "global";
    internal const string Object = "object";
    internal const string Class = "class";

    /// <summary>The losses of a step by name, as versions told them that knew three.</summary>
    /// <param name="losses">The losses; null for none.</param>
    /// <returns>Global, object and class; empty for none.</returns>
    public static ImmutableArray<TermLoss> Of(TermLosses? losses) =>
        losses is null ? [] : [new(Global, losses.Global), new(Object, losses.Object), new(Class, losses.Class)];
}
