using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Requests;

/// <summary>
/// One generation: pictures of a base model, with the LoRAs and token vectors of implantations that have succeeded, or without. Names and limits are those of
/// <see cref="SampleOptions"/>; what is left null takes the model's default, else that of the method, and the manifest records what was used.
/// </summary>
public sealed record GenerationRequest : IJobRequest
{
    /// <summary>Name of a result that was given none.</summary>
    public const string DefaultName = "pictures";

    /// <summary>Most implantations of a generation.</summary>
    public const int MostImplantations = 16;

    /// <summary>Most pictures of a generation.</summary>
    public const int MostPictures = GenerationOptions.MaxCount;

    /// <summary>Name of the result, 1 to 64 letters, digits, '-', '_' or '.'.</summary>
    [FieldNumber(0)]
    public string Name { get; init; } = DefaultName;

    /// <summary>Who pays for the job; fairness is between owners.</summary>
    [FieldNumber(1)]
    public string Owner { get; init; } = "local";

    /// <summary>Priority among the owner's jobs; higher runs first.</summary>
    [FieldNumber(2), Range(-100, 100)]
    public int Priority { get; init; }

    /// <summary>Seed of everything that is drawn at random.</summary>
    [FieldNumber(3), Range(typeof(long), "0", "9223372036854775807")]
    public long Seed { get; init; }

    /// <summary>The base model; it names no CLIP, since nothing is measured.</summary>
    [FieldNumber(4)]
    public required ModelReference Model { get; init; }

    /// <summary>The owner's implantations whose LoRAs and tokens the pictures are drawn with, <see cref="MostImplantations"/> at most.</summary>
    [FieldNumber(5)]
    public ImmutableArray<ImplantationReference> Implantations { get; init; } = [];

    /// <summary>What the pictures show, 1 to <see cref="TextRules.Prompts"/> prompts.</summary>
    [FieldNumber(6)]
    public required ImmutableArray<string> Prompts { get; init; }

    /// <summary>What no picture should show; may be empty.</summary>
    [FieldNumber(7)]
    public string NegativePrompt { get; init; } = "";

    /// <summary>Pictures a prompt, 1 or more; <see cref="MostPictures"/> in all.</summary>
    [FieldNumber(8)]
    public int PerPrompt { get; init; } = 1;

    /// <summary>One of <see cref="Samplers.Names"/>.</summary>
    [FieldNumber(9)]
    public string Scheduler { get; init; } = Defaults.Scheduler;

    /// <summary>Sampling steps; null: the model's default, else <see cref="Defaults.SamplingSteps"/>.</summary>
    [FieldNumber(10)]
    public int? Steps { get; init; }

    /// <summary>Classifier-free guidance, 1 is none; null: the model's default, else <see cref="Defaults.GuidanceScale"/>.</summary>
    [FieldNumber(11)]
    public double? GuidanceScale { get; init; }

    /// <summary>What its owner wants to find the job by, as an implantation's.</summary>
    [FieldNumber(12)]
    public IReadOnlyDictionary<string, string> Metadata
    {
        get;
        init => field = JobMetadata.Ordered(value);
    } = JobMetadata.None();

    /// <summary>Guidance between the frozen and the tuned model, as of <see cref="SampleOptions.PersonalizationGuidance"/>; null: 1, which is off.</summary>
    [FieldNumber(13), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? PersonalizationGuidance { get; init; }

    /// <summary>How the pictures are drawn, as the samples of an implantation are: what has limits there has them here.</summary>
    /// <returns>The options.</returns>
    public SampleOptions ToSamples() =>
        new()
        {
            Prompts = Prompts,
            PerPrompt = PerPrompt,
            Scheduler = Scheduler,
            Steps = Steps,
            GuidanceScale = GuidanceScale,
            PersonalizationGuidance = PersonalizationGuidance,
        };
}

/// <summary>An implantation that pictures are drawn with.</summary>
public sealed record ImplantationReference
{
    /// <summary>Largest scale, either way.</summary>
    public const double LargestScale = 100;

    /// <summary>Its id: a job of the same owner that has succeeded.</summary>
    [FieldNumber(0)]
    public required string Id { get; init; }

    /// <summary>What its LoRA counts; 1 as it was learned.</summary>
    [FieldNumber(1), Range(-LargestScale, LargestScale)]
    public double Scale { get; init; } = 1;
}
