using System.ComponentModel.DataAnnotations;

namespace OrleansOneShot.Recipe;

/// <summary>Pictures drawn with what was learned; what is left open takes the model's default.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most steps of a picture.</summary>
    public const int MaxSteps = 1000;

    /// <summary>Largest scale of classifier-free guidance.</summary>
    public const double MaxGuidance = 100;

    /// <summary>Largest scale of guidance between the frozen and the tuned model.</summary>
    public const double MaxPersonalizationGuidance = 20;

    /// <summary>Most pictures a prompt.</summary>
    public const int MaxCount = 1024;

    /// <summary>Most pixels of a side.</summary>
    public const int MaxSide = 4096;

    /// <summary>Most pixels of a picture.</summary>
    public const long MaxPixels = 4L << 20;

    /// <summary>Pictures a prompt; null: 1, or as many as the noise that is given is for.</summary>
    [Range(1, MaxCount)]
    [Option("--count", "Pictures a prompt", Otherwise = "1, or as many as --latents holds")]
    public int? Count { get; init; }

    /// <summary>Seed of everything random.</summary>
    [Range(typeof(long), "0", "9223372036854775807")]
    [Option("--seed", "Seed of everything random.")]
    public long Seed { get; init; }

    /// <summary>Sampling steps; null: the model's default, else <see cref="Defaults.SamplingSteps"/>.</summary>
    [Range(1, MaxSteps)]
    [Option("--steps", "Sampling steps", Else = Defaults.SamplingSteps)]
    public int? Steps { get; init; }

    /// <summary>One of <see cref="Samplers.Names"/>.</summary>
    [AllowedValues(Samplers.DpmSolver, Samplers.Ddim, Samplers.Euler, Samplers.Pndm)]
    [Option("--scheduler", "How noise becomes a picture.")]
    public string Scheduler { get; init; } = Defaults.Scheduler;

    /// <summary>Classifier-free guidance, 1 is none; null: the model's default, else <see cref="Defaults.GuidanceScale"/>.</summary>
    [Range(1.0, MaxGuidance)]
    [Option("--guidance", "Weight of the prompt; 1 switches classifier-free guidance off", Else = Defaults.GuidanceScale)]
    public double? GuidanceScale { get; init; }

    /// <summary>
    /// Guidance between the frozen and the tuned model: 1 is off, more goes beyond what was learned, less stays behind it, 0 is the frozen model with class
    /// words; null: 1.
    /// </summary>
    [Range(0.0, GenerationOptions.MaxPersonalizationGuidance)]
    [Option(
        "--personalization-guidance",
        "Guidance from what the frozen model draws for the class word: above 1 the object is more its own, below 1 less, 1 is off; costs half a picture more",
        Otherwise = "1"
    )]
    public double? PersonalizationGuidance { get; init; }

    /// <summary>Pixels a row, a multiple of the VAE's factor; null: the model's.</summary>
    [Range(8, MaxSide)]
    [Option("--width", "Pixels a row", Otherwise = "the model's")]
    public int? Width { get; init; }

    /// <summary>Rows, a multiple of the VAE's factor; null: the model's.</summary>
    [Range(8, MaxSide)]
    [Option("--height", "Rows", Otherwise = "the model's")]
    public int? Height { get; init; }

    /// <summary>What the frozen weights compute in.</summary>
    [Option("--precision", "What the frozen weights compute in; auto measures once which is faster on this machine.")]
    public Precision Precision { get; init; }

    /// <summary>What computes; one of <see cref="Devices"/>.</summary>
    [DeviceName]
    [Option("--device", "auto, cpu or cuda:N.", Form = "DEVICE")]
    public string Device { get; init; } = Defaults.Device;
}
