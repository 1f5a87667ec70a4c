using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Metrics;

/// <summary>
/// TA, IA and CLIPScore from CLIP features (projected, normalised or not). TA and IA are raw cosines, as in the paper's table 1; the rescaled, cut-off form is
/// CLIPScore (Hessel et al. 2021) and goes by its own name. All arithmetic is in fp64.
/// </summary>
public static class Alignment
{
    private const double ClipScoreScale = 2.5;

    /// <summary>TA: cosine of each picture's features and those of its prompt, the identifier replaced by the class name.</summary>
    /// <param name="images">(N, d).</param>
    /// <param name="texts">(N, d), or (1, d) for one prompt.</param>
    /// <returns>N values within -1 and 1.</returns>
    /// <exception cref="ArgumentException">The shapes don't fit.</exception>
    public static double[] TextAlignment(Tensor images, Tensor texts) => Cosines(images, texts);

    /// <summary>IA: cosine of each picture's features and those of the reference (the training crop, or one object of it).</summary>
    /// <param name="images">(N, d).</param>
    /// <param name="reference">(1, d), or (N, d) for one reference each.</param>
    /// <returns>N values within -1 and 1.</returns>
    /// <exception cref="ArgumentException">The shapes don't fit.</exception>
    public static double[] ImageAlignment(Tensor images, Tensor reference) => Cosines(images, reference);

    /// <summary>CLIPScore: 2.5 max(cosine, 0).</summary>
    /// <param name="images">(N, d).</param>
    /// <param name="texts">(N, d), or (1, d) for one prompt.</param>
    /// <returns>N values within 0 and 2.5.</returns>
    /// <exception cref="ArgumentException">The shapes don't fit.</exception>
    public static double[] ClipScore(Tensor images, Tensor texts) => [.. Cosines(images, texts).Select(c => ClipScoreScale * Math.Max(c, 0))];

    private static double[] Cosines(Tensor rows, Tensor others)
    {
        var (a, b) = (rows.shape, others.shape);
        if (a.Length != 2 || b.Length != 2 || a[1] != b[1] || a[1] == 0 || (b[0] != 1 && b[0] != a[0]))
        {
            throw new ArgumentException($"Features of ({string.Join(", ", a)}) and ({string.Join(", ", b)}) can't be compared.", nameof(others));
        }
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (x, y) = (rows.to(ScalarType.Float64).cpu(), others.to(ScalarType.Float64).cpu());
        return nn.functional.cosine_similarity(x, y.expand(a), 1).data<double>().ToArray();
    }
}
