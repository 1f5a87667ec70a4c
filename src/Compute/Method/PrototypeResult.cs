using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>The prototypical embedding of one object.</summary>
/// <param name="Vectors">The vectors of the best step, (n, d), detached from any dispose scope; the caller owns them.</param>
/// <param name="Losses">L_PE before each step, and of the last step's result: steps + 1 entries.</param>
/// <param name="BestStep">Index into <paramref name="Losses"/> of the vectors that were kept.</param>
public sealed record PrototypeResult(Tensor Vectors, IReadOnlyList<double> Losses, int BestStep)
{
    /// <summary>Cosine of the kept embedding and its target, 1 - L_PE.</summary>
    public double Similarity => 1 - Losses[BestStep];
}
