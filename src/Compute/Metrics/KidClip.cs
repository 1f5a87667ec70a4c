using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Metrics;

/// <summary>
/// Kernel distance (Binkowski et al. 2018) of two sets of pictures: the unbiased MMD^2 with the polynomial kernel (x . y / d + 1)^3, in fp64. Features are CLIP
/// image embeddings here, not Inception's, hence <c>kid_clip</c>; lower is nearer, and equal sets score about zero, below it as well.
/// </summary>
public static class KidClip
{
    /// <summary>MMD^2 of the two sets as a whole, which may differ in number.</summary>
    /// <param name="x">(m, d), 2 rows or more.</param>
    /// <param name="y">(n, d), 2 rows or more.</param>
    /// <returns>The distance; it may be negative.</returns>
    /// <exception cref="ArgumentException">The shapes don't fit or a set has fewer than two rows.</exception>
    public static double Full(Tensor x, Tensor y)
    {
        var (a, b) = Check(x, y);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return Distance(x.to(ScalarType.Float64).cpu(), y.to(ScalarType.Float64).cpu(), a[0], b[0], a[1]);
    }

    /// <summary>MMD^2 over given subsets.</summary>
    /// <param name="x">(m, d).</param>
    /// <param name="y">(n, d).</param>
    /// <param name="subsets">(subsets, 2, size), int64: row indices into x and into y.</param>
    /// <returns>A score per subset, their mean and deviations.</returns>
    /// <exception cref="ArgumentException">The shapes don't fit, a subset has fewer than two rows, or an index is out of range.</exception>
    public static KidScore OverSubsets(Tensor x, Tensor y, Tensor subsets)
    {
        var (a, b) = Check(x, y);
        var shape = subsets.shape;
        if (shape.Length != 3 || shape[0] < 1 || shape[1] != 2 || shape[2] < 2 || subsets.dtype != ScalarType.Int64)
        {
            throw new ArgumentException(
                $"Subsets of ({string.Join(", ", shape)}) {subsets.dtype}; expected (subsets, 2, size of 2 or more) Int64.",
                nameof(subsets)
            );
        }
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var rows = subsets.cpu();
        if (rows.min().item<long>() < 0 || rows.select(1, 0).max().item<long>() >= a[0] || rows.select(1, 1).max().item<long>() >= b[0])
        {
            throw new ArgumentException($"A subset names a row outside the sets of {a[0]} and {b[0]} rows.", nameof(subsets));
        }
        var (p, q) = (x.to(ScalarType.Float64).cpu(), y.to(ScalarType.Float64).cpu());
        var scores = new double[shape[0]];
        for (var i = 0; i < scores.Length; i++)
        {
            using var each = NewDisposeScope();
            scores[i] = Distance(p.index_select(0, rows[i, 0]), q.index_select(0, rows[i, 1]), shape[2], shape[2], a[1]);
        }

        return new KidScore(scores);
    }

    /// <summary>MMD^2 over random subsets, drawn without replacement by (seed, subset).</summary>
    /// <param name="x">(m, d).</param>
    /// <param name="y">(n, d).</param>
    /// <param name="count">Number of subsets, 1 or more.</param>
    /// <param name="size">Rows of each set in a subset: 2 to the smaller set's number.</param>
    /// <param name="seed">The run's seed.</param>
    /// <returns>A score per subset, their mean and deviations.</returns>
    /// <exception cref="ArgumentException">The shapes don't fit or a number is out of range.</exception>
    public static KidScore OverSubsets(Tensor x, Tensor y, int count, int size, long seed)
    {
        var (a, b) = Check(x, y);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Math.Min(a[0], b[0]));
        var rows = new List<long>();
        for (var i = 0; i < count; i++)
        {
            using var ofX = new KeyedRandom(seed, i, RandomPurpose.KidSubset, "x");
            using var ofY = new KeyedRandom(seed, i, RandomPurpose.KidSubset, "y");
            rows.AddRange(ofX.Subset(checked((int)a[0]), size).Concat(ofY.Subset(checked((int)b[0]), size)).Select(r => (long)r));
        }

        using var subsets = tensor(rows, [count, 2, size], dtype: ScalarType.Int64);
        return OverSubsets(x, y, subsets);
    }

    private static (long[] X, long[] Y) Check(Tensor x, Tensor y)
    {
        var (a, b) = (x.shape, y.shape);
        return a.Length == 2 && b.Length == 2 && a[1] == b[1] && a[1] > 0 && a[0] >= 2 && b[0] >= 2
            ? (a, b)
            : throw new ArgumentException(
                $"Features of ({string.Join(", ", a)}) and ({string.Join(", ", b)}); expected (2 or more, d) and (2 or more, d).",
                nameof(y)
            );
    }

    // Without the diagonal within a set, which makes the estimate unbiased. x: (m, d), y: (n, d), fp64.
    private static double Distance(Tensor x, Tensor y, long m, long n, long d)
    {
        using var scope = NewDisposeScope();
        var (xx, yy) = (Kernel(x, x, d), Kernel(y, y, d));
        var within = (xx.sum() - xx.diagonal().sum()).Div(m * (m - 1.0)).Add((yy.sum() - yy.diagonal().sum()).Div(n * (n - 1.0)));
        return (within - Kernel(x, y, d).mean().Mul(2)).item<double>();
    }

    private static Tensor Kernel(Tensor x, Tensor y, long d) => mm(x, y.t()).Div((double)d).Add(1).Pow(3);
}

/// <summary>KID over subsets.</summary>
/// <param name="Scores">MMD^2 of each subset; single values may be negative.</param>
public sealed record KidScore(IReadOnlyList<double> Scores)
{
    /// <summary>The mean over the subsets: the score.</summary>
    public double Mean => Scores.Average();

    /// <summary>Standard deviation with divisor n (torchmetrics' and NumPy's way).</summary>
    public double PopulationDeviation => Math.Sqrt(SquaredDeviations() / Scores.Count);

    /// <summary>Standard deviation with divisor n - 1; not a number for a single subset.</summary>
    public double SampleDeviation => Math.Sqrt(SquaredDeviations() / (Scores.Count - 1));

    private double SquaredDeviations()
    {
        var mean = Mean;
        return Scores.Sum(s => (s - mean) * (s - mean));
    }
}
