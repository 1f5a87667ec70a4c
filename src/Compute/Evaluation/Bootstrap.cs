namespace OrleansOneShot.Compute.Evaluation;

/// <summary>
/// 95 % intervals of means by the percentile bootstrap (Efron 1979): the values are drawn again with replacement, and the middle 95 % of the means of those
/// draws is the interval. The same values and seed give the same interval. Give it what is independent: one value an object where several pictures or seeds of
/// an object were measured, since pictures of one object resemble each other.
/// </summary>
public static class Bootstrap
{
    private const int Resamples = 10_000;

    // Beyond this many draws in all, fewer resamples do: the ends of the interval are near each other by then.
    private const long Draws = 10_000_000;
    private const int FewestResamples = 1000;
    private const double Tail = 0.025;

    /// <summary>The mean of values and its interval.</summary>
    /// <param name="values">Independent values, at least one.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>The mean; of a single value, or of one that is no number, without an interval.</returns>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static Interval Mean(IReadOnlyList<double> values, ulong seed = 0)
    {
        ThrowIfEmpty(values);
        var mean = values.Average();
        if (values.Count == 1 || !double.IsFinite(mean))
        {
            return new Interval(mean, null, null, values.Count);
        }

        var random = new SplitMix(seed);
        var means = new double[ResamplesOf(values.Count)];
        for (var i = 0; i < means.Length; i++)
        {
            means[i] = Resample(values, ref random);
        }

        var (low, high) = Middle(means);
        return new Interval(mean, low, high, values.Count);
    }

    /// <summary>The mean of <c>a - b</c> where both were measured on the same things: pairs are drawn, so what a pair has in common falls out.</summary>
    /// <param name="a">Values, at least one.</param>
    /// <param name="b">As many, in the same order.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>The mean difference with its interval: one that does not hold zero is a difference.</returns>
    /// <exception cref="ArgumentException">There are none, or not as many of both.</exception>
    public static Interval PairedDifference(IReadOnlyList<double> a, IReadOnlyList<double> b, ulong seed = 0)
    {
        ThrowIfEmpty(a);
        ArgumentNullException.ThrowIfNull(b);
        return a.Count == b.Count
            ? Mean([.. a.Zip(b, (x, y) => x - y)], seed)
            : throw new ArgumentException($"{a.Count} values and {b.Count} make no pairs.", nameof(b));
    }

    /// <summary>The difference of the means of two sets that have nothing to do with each other.</summary>
    /// <param name="a">Values, at least one.</param>
    /// <param name="b">Values, at least one.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>mean(a) - mean(b); without an interval where a set has a single value. <see cref="Interval.Count"/> is the smaller set's.</returns>
    /// <exception cref="ArgumentException">A set is empty.</exception>
    public static Interval Difference(IReadOnlyList<double> a, IReadOnlyList<double> b, ulong seed = 0)
    {
        ThrowIfEmpty(a);
        ThrowIfEmpty(b);
        var (mean, count) = (a.Average() - b.Average(), Math.Min(a.Count, b.Count));
        if (count == 1 || !double.IsFinite(mean))
        {
            return new Interval(mean, null, null, count);
        }

        var random = new SplitMix(seed);
        var differences = new double[ResamplesOf(Math.Max(a.Count, b.Count))];
        for (var i = 0; i < differences.Length; i++)
        {
            differences[i] = Resample(a, ref random) - Resample(b, ref random);
        }

        var (low, high) = Middle(differences);
        return new Interval(mean, low, high, count);
    }

    /// <summary>The middle 95 % of values, between order statistics as NumPy's <c>percentile</c>.</summary>
    /// <param name="values">At least one; they are sorted in place.</param>
    internal static (double Low, double High) Middle(double[] values)
    {
        Array.Sort(values);
        return (At(Tail), At(1 - Tail));

        double At(double share)
        {
            var place = share * (values.Length - 1);
            var below = (int)place;
            var above = Math.Min(below + 1, values.Length - 1);
            return values[below] + ((place - below) * (values[above] - values[below]));
        }
    }

    private static int ResamplesOf(int count) => (int)Math.Clamp(Draws / count, FewestResamples, Resamples);

    private static double Resample(IReadOnlyList<double> values, ref SplitMix random)
    {
        var sum = 0.0;
        for (var i = 0; i < values.Count; i++)
        {
            sum += values[random.Below(values.Count)];
        }

        return sum / values.Count;
    }

    private static void ThrowIfEmpty(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
        {
            throw new ArgumentException("A mean of no values.", nameof(values));
        }
    }

    // SplitMix64 (Steele et al. 2014): the same numbers with every version of .NET, and fast enough for millions of draws.
    private struct SplitMix(ulong seed)
    {
        private ulong _state = seed;

        public int Below(int bound)
        {
            _state += 0x9E3779B97F4A7C15;
            var z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;

            // The upper half of the product: biased by less than 2^-32 for any bound.
            return (int)Math.BigMul(z, (ulong)bound, out _);
        }
    }
}

/// <summary>A mean with its 95 % interval.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Low">Lower end; null where nothing can be said, as of a single value.</param>
/// <param name="High">Upper end.</param>
/// <param name="Count">Values behind it.</param>
public sealed record Interval(double Mean, double? Low, double? High, int Count)
{
    /// <summary>Whether a value lies within; null without an interval.</summary>
    /// <param name="value">The value.</param>
    public bool? Holds(double value) => Low is { } low && High is { } high ? value >= low && value <= high : null;
}
