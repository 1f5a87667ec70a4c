using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.Estimates;

/// <summary>How long the parts of a run took that came to its end.</summary>
/// <param name="PrepareSeconds">From its start to its first step.</param>
/// <param name="StepSeconds">A step, with what goes between steps: checkpoints, previews.</param>
/// <param name="EndSeconds">From its last step until its result lay in the store.</param>
/// <param name="Pictures">Pictures that it drew.</param>
/// <param name="Steps">Steps of the whole job.</param>
/// <param name="HasDefaultSteps">Whether the request left the number of steps to the model.</param>
[GenerateSerializer, Immutable, Alias("oneshot.RunDurations")]
public sealed record RunDurations(
    [property: Id(0)] double PrepareSeconds,
    [property: Id(1)] double StepSeconds,
    [property: Id(2)] double EndSeconds,
    [property: Id(3)] int Pictures,
    [property: Id(4)] int Steps,
    [property: Id(5)] bool HasDefaultSteps
)
{
    /// <summary>Training steps of a job that leaves them to the model; null: not told.</summary>
    [Id(6)]
    public int? DefaultSteps { get; init; }

    /// <summary>Denoising steps of each of its pictures; null: not told.</summary>
    [Id(7)]
    public int? PictureSteps { get; init; }

    /// <summary>Denoising steps of a picture of a job that leaves them to the model; null: not told.</summary>
    [Id(8)]
    public int? DefaultPictureSteps { get; init; }
}

/// <summary>What the latest runs of one kind of job took on one kind of device.</summary>
/// <param name="Device">"cpu" or "cuda".</param>
/// <param name="Runs">The runs, latest last; at least one.</param>
[GenerateSerializer, Immutable, Alias("oneshot.RunExperience")]
public sealed record RunExperience([property: Id(0)] string Device, [property: Id(1)] ImmutableArray<RunDurations> Runs);
