namespace OrleansOneShot.Compute.Method;

/// <summary>Settings of the prototypical embedding (eq. 2).</summary>
public sealed record PrototypeOptions
{
    /// <summary>Adam's learning rate, above 0.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>Most steps, 0 or more; 0 keeps the starting vectors.</summary>
    public int Steps { get; init; } = 300;

    /// <summary>Steps over which an improvement is looked for before stopping.</summary>
    public int Patience { get; init; } = 50;

    /// <summary>Stop when the best of the last <see cref="Patience"/> losses is less than this better than the best before.</summary>
    public double Improvement { get; init; } = 1e-4;

    /// <summary>Whether every row is scaled back to the vocabulary's mean norm after each step, so that it stays in distribution.</summary>
    public bool KeepNorm { get; init; } = true;

    /// <summary>How the target is fused.</summary>
    public PrototypeFusion Fusion { get; init; } = PrototypeFusion.Average;
}
