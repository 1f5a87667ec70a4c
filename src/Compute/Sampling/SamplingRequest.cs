using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Sampling;

/// <summary>What to draw, and how.</summary>
public sealed record SamplingRequest
{
    /// <summary>What the pictures show; may be empty.</summary>
    public required string Prompt { get; init; }

    /// <summary>What they should not show; may be empty.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>One of <see cref="Samplers.Names"/>, with the settings of the model's own scheduler.</summary>
    public string Scheduler { get; init; } = Defaults.Scheduler;

    /// <summary>Denoising steps, 1 to 1000.</summary>
    public int Steps { get; init; } = Defaults.SamplingSteps;

    /// <summary>Classifier-free guidance; 1 switches it off.</summary>
    public double GuidanceScale { get; init; } = Defaults.GuidanceScale;

    /// <summary>Guidance between the frozen and the tuned model, <see cref="Sampling.PersonalizationGuidance.Scale"/>; 1 switches it off.</summary>
    public double PersonalizationGuidance { get; init; } = 1;

    /// <summary>Width in pixels, a multiple of the VAE's factor.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels, a multiple of the VAE's factor.</summary>
    public required int Height { get; init; }

    /// <summary>Seed: picture i of seed s is picture i of every other command with seed s, whatever else is drawn.</summary>
    public long Seed { get; init; }

    /// <summary>Pictures to draw.</summary>
    public int Count { get; init; } = 1;
}
