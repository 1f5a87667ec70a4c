using OrleansOneShot.Contracts.Jobs;

namespace OrleansOneShot.Contracts.Progress;

/// <summary>One entry of a job's progress log. Sequence numbers have no gaps, also across resumes.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.ProgressEvent")]
public sealed record ProgressEvent
{
    /// <summary>1 for the first event of the job, then one more each.</summary>
    [Id(0)]
    public required long Sequence { get; init; }

    /// <summary>When it happened, UTC.</summary>
    [Id(1)]
    public required DateTimeOffset Time { get; init; }

    /// <summary>The job's state.</summary>
    [Id(2)]
    public required JobState Stage { get; init; }

    /// <summary>Steps done in this stage: training steps while training, pictures while sampling.</summary>
    [Id(3)]
    public int Step { get; init; }

    /// <summary>Steps to do in this stage.</summary>
    [Id(4)]
    public int Steps { get; init; }

    /// <summary>The losses of the step; null outside training.</summary>
    [Id(5)]
    public TermLosses? Losses { get; init; }

    /// <summary>The epoch that reports.</summary>
    [Id(6)]
    public long Epoch { get; init; }

    /// <summary>Seconds the step took; null outside training.</summary>
    [Id(7)]
    public double? StepSeconds { get; init; }

    /// <summary>Something people should read; null for a plain step.</summary>
    [Id(8)]
    public string? Message { get; init; }

    /// <summary>Store path of a preview picture; null for none.</summary>
    [Id(9)]
    public string? Preview { get; init; }
}

/// <summary>The losses of one training step, by term.</summary>
/// <param name="Global">|| eps - eps_theta ||^2 of the whole picture.</param>
/// <param name="Object">Sum of the masked terms (eq. 4, 5); 0 when switched off.</param>
/// <param name="Class">L_CL (eq. 3), summed over the objects drawn; 0 when not drawn or switched off.</param>
[GenerateSerializer, Immutable, Alias("oneshot.TermLosses")]
public sealed record TermLosses([property: Id(0)] double Global, [property: Id(1)] double Object, [property: Id(2)] double Class);
