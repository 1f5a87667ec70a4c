using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>Where the learned vectors start.</summary>
public static class TokenVectors
{
    /// <summary>The class name's own token embeddings, repeated in order to n rows; not rescaled (Textual Inversion's way).</summary>
    /// <param name="tokenEmbedding">The text encoder's vocabulary, (V, d).</param>
    /// <param name="classIds">Token ids of the class name without start and end token, at least one.</param>
    /// <param name="n">Rows wanted.</param>
    /// <returns>(n, d), a copy.</returns>
    public static Tensor FromClass(Tensor tokenEmbedding, IReadOnlyList<long> classIds, int n)
    {
        ArgumentOutOfRangeException.ThrowIfZero(classIds.Count, nameof(classIds));
        using var rows = tensor(Enumerable.Range(0, n).Select(j => classIds[j % classIds.Count]).ToArray());
        return tokenEmbedding.detach().index_select(0, rows.to(tokenEmbedding.device)).to(ScalarType.Float32).clone();
    }

    /// <summary>Random directions at the vocabulary's mean norm; the baseline of the ablation.</summary>
    /// <param name="tokenEmbedding">The text encoder's vocabulary, (V, d).</param>
    /// <param name="n">Rows wanted.</param>
    /// <param name="generator">Where the numbers come from.</param>
    /// <returns>(n, d).</returns>
    public static Tensor Random(Tensor tokenEmbedding, int n, Generator generator)
    {
        using var scope = NewDisposeScope();
        var directions = randn([n, tokenEmbedding.shape[1]], generator: generator);
        return (directions / directions.norm(-1, keepdim: true)).Mul(VocabularyNorm(tokenEmbedding)).to(tokenEmbedding.device).MoveToOuterDisposeScope();
    }

    /// <summary>The mean, over all rows of the vocabulary, of the rows' L2 norms.</summary>
    /// <param name="tokenEmbedding">The text encoder's vocabulary, (V, d).</param>
    /// <returns>The norm.</returns>
    public static double VocabularyNorm(Tensor tokenEmbedding)
    {
        using var scope = NewDisposeScope();
        return tokenEmbedding.detach().to(ScalarType.Float32).norm(-1).mean().item<float>();
    }
}
