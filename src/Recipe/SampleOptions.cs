using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace OrleansOneShot.Recipe;

/// <summary>The pictures drawn after training.</summary>
public sealed record SampleOptions
{
    /// <summary>Prompts that name the identifier tokens; empty: each object alone and all together on a few scenes.</summary>
    [FieldNumber(0), MaxLength(TextRules.Prompts), StringLength(TextRules.Prompt)]
    [Option("--prompt", "A picture to draw afterwards, such as \"a <cat> on the beach\"; repeatable", Otherwise = "the object on a few scenes", Form = "TEXT")]
    public ImmutableArray<string> Prompts { get; init; } = [];

    /// <summary>Pictures a prompt.</summary>
    [FieldNumber(1), Range(0, 64)]
    [Option("--samples", "Pictures a prompt.")]
    public int PerPrompt { get; init; } = Defaults.PicturesPerPrompt;

    /// <summary>One of <see cref="Samplers.Names"/>.</summary>
    [FieldNumber(2), AllowedValues(Samplers.DpmSolver, Samplers.Ddim, Samplers.Euler, Samplers.Pndm)]
    [Option("--scheduler", "How noise becomes a picture.")]
    public string Scheduler { get; init; } = Defaults.Scheduler;

    /// <summary>Sampling steps; null: the model's default, else <see cref="Defaults.SamplingSteps"/>.</summary>
    [FieldNumber(3), Range(1, GenerationOptions.MaxSteps)]
    [Option("--sampling-steps", "Steps of each picture", Else = Defaults.SamplingSteps)]
    public int? Steps { get; init; }

    /// <summary>Classifier-free guidance, 1 is none; null: the model's default, else <see cref="Defaults.GuidanceScale"/>.</summary>
    [FieldNumber(4), Range(1.0, GenerationOptions.MaxGuidance)]
    [Option("--guidance", "Weight of the prompt; 1 switches classifier-free guidance off", Else = Defaults.GuidanceScale)]
    public double? GuidanceScale { get; init; }

    /// <summary>
    /// Guidance between the frozen and the tuned model: 1 is off, more goes beyond what was learned, less stays behind it, 0 is the frozen model with class
    /// words; null: 1. (Left out of request.json where it is not given, as earlier versions write it.)
    /// </summary>
    [FieldNumber(5), Range(0.0, GenerationOptions.MaxPersonalizationGuidance), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Option(
        "--personalization-guidance",
        "Guidance from what the frozen model draws for the class word: above 1 the object is more its own, below 1 less, 1 is off; costs half a picture more",
        Otherwise = "1"
    )]
    public double? PersonalizationGuidance { get; init; }
}
