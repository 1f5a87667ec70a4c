using System.Text.Json.Serialization;

namespace OrleansOneShot.Recipe;

/// <summary>Settings of the prototypical embedding (eq. 2).</summary>
public sealed record PrototypeOptions
{
    /// <summary>Adam's learning rate, above 0.</summary>
    public double LearningRate { get; init; } = Defaults.PrototypeLearningRate;

    /// <summary>Most steps, 0 or more; 0 keeps the starting vectors.</summary>
    public int Steps { get; init; } = Defaults.PrototypeSteps;

    /// <summary>Steps over which an improvement is looked for before stopping.</summary>
    public int Patience { get; init; } = 50;

    /// <summary>Stop when the best of the last <see cref="Patience"/> losses is less than this better than the best before.</summary>
    public double Improvement { get; init; } = 1e-4;

    /// <summary>Whether every row is scaled back to the vocabulary's mean norm after each step, so that it stays in distribution.</summary>
    public bool KeepNorm { get; init; } = true;

    /// <summary>How far the vectors may take the text states from those they start at: 1 less the cosine, above 0; null: any distance.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Distance { get; init; }

    /// <summary>How the target is fused.</summary>
    public FusionWeights Fusion { get; init; } = FusionWeights.Average;
}

/// <summary>theta_m of eq. 2: weights of the embeddings that become one target.</summary>
/// <param name="Image">Weight of I(x).</param>
/// <param name="MaskedImage">Weight of I(x_m).</param>
/// <param name="Class">Weight of T(c_c).</param>
public sealed record FusionWeights(double Image, double MaskedImage, double Class)
{
    /// <summary>The mean of the three; the default.</summary>
    public static FusionWeights Average { get; } = new(1.0 / 3, 1.0 / 3, 1.0 / 3);

    /// <summary>The whole picture alone.</summary>
    public static FusionWeights ImageOnly { get; } = new(1, 0, 0);

    /// <summary>The masked picture alone.</summary>
    public static FusionWeights MaskedImageOnly { get; } = new(0, 1, 0);

    /// <summary>The class name alone.</summary>
    public static FusionWeights ClassOnly { get; } = new(0, 0, 1);

    /// <summary>The weights of a choice.</summary>
    /// <param name="fusion">The choice.</param>
    public static FusionWeights Of(PrototypeFusion fusion) =>
        fusion switch
        {
            PrototypeFusion.Image => ImageOnly,
            PrototypeFusion.MaskedImage => MaskedImageOnly,
            PrototypeFusion.Class => ClassOnly,
            _ => Average,
        };
}
