using System.Text.Json.Serialization;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>
/// A model folder's own defaults, <c>oneshot.json</c>. Every field may be absent (null): the method's defaults then hold. Unknown fields are passed over.
/// </summary>
public sealed record ModelDefaults
{
    /// <summary>Side of the square training crop and of pictures, in pixels; 8 to 4096.</summary>
    [JsonPropertyName("resolution")]
    public int? Resolution { get; init; }

    /// <summary>Learning rate of LoRA and token vectors; above 0, at most 1.</summary>
    [JsonPropertyName("learning_rate")]
    public double? LearningRate { get; init; }

    /// <summary>How the learning rate changes over the steps: "constant" or "cosine".</summary>
    [JsonPropertyName("learning_rate_schedule")]
    public string? LearningRateSchedule { get; init; }

    /// <summary>Training steps; 1 to 100,000.</summary>
    [JsonPropertyName("steps")]
    public int? Steps { get; init; }

    /// <summary>Sampling steps; 1 to 1000.</summary>
    [JsonPropertyName("sampling_steps")]
    public int? SamplingSteps { get; init; }

    /// <summary>Scale of classifier-free guidance; 1 (off) to 100.</summary>
    [JsonPropertyName("guidance_scale")]
    public double? GuidanceScale { get; init; }

    /// <summary>Learned vectors per object; 1 to 64.</summary>
    [JsonPropertyName("vectors")]
    public int? Vectors { get; init; }

    /// <summary>Defaults of the prototypical embedding.</summary>
    [JsonPropertyName("prototype")]
    public PrototypeDefaults? Prototype { get; init; }

    /// <summary>Training prompt; <c>{}</c> stands for the tokens.</summary>
    [JsonPropertyName("prompt_template")]
    public string? PromptTemplate { get; init; }

    /// <summary>Reads and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">The name used in messages.</param>
    /// <returns>The defaults, each within its range.</returns>
    /// <exception cref="InvalidInputException">No JSON, a wrong type, or a value outside its range; the message names the field.</exception>
    public static ModelDefaults Read(string path, string shown = "oneshot.json")
    {
        var file = ConfigFile.Read(path, shown);
        var defaults = file.As<ModelDefaults>();
        CheckNumber(file, "resolution", defaults.Resolution, 8, 4096);
        CheckNumber(file, "learning_rate", defaults.LearningRate, 1e-12, 1);
        CheckNumber(file, "steps", defaults.Steps, 1, 100_000);
        CheckNumber(file, "sampling_steps", defaults.SamplingSteps, 1, 1000);
        CheckNumber(file, "guidance_scale", defaults.GuidanceScale, 1, 100);
        CheckNumber(file, "vectors", defaults.Vectors, 1, 64);
        CheckNumber(file, "prototype.learning_rate", defaults.Prototype?.LearningRate, 1e-12, 10);
        CheckNumber(file, "prototype.steps", defaults.Prototype?.Steps, 0, 100_000);
        if (defaults.LearningRateSchedule is not (null or "constant" or "cosine"))
        {
            throw file.Invalid("learning_rate_schedule", $"\"{defaults.LearningRateSchedule}\"", "\"constant\" or \"cosine\"");
        }

        if (defaults.PromptTemplate is { } template && (template.Length > 1000 || !template.Contains("{}", StringComparison.Ordinal)))
        {
            throw file.Invalid("prompt_template", template.Length > 1000 ? $"a text of {template.Length} characters" : $"\"{template}\"",
                "a text of at most 1000 characters with {} where the tokens go");
        }

        return defaults;
    }

    private static void CheckNumber(ConfigFile file, string field, double? value, double minimum, double maximum)
    {
        if (value is { } number)
        {
            file.Within(field, number, minimum, maximum);
        }
    }
}
