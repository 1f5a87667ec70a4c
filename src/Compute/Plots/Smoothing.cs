namespace OrleansOneShot.Compute.Plots;

/// <summary>The smooth line through a noisy curve.</summary>
internal static class Smoothing
{
    /// <summary>
    /// An exponential moving average without the pull of a starting value: each point is a weighted mean of the points so far. NaN points are skipped.
    /// </summary>
    /// <param name="values">The curve.</param>
    /// <param name="span">About how many points are averaged, 1 or more.</param>
    /// <returns>A value for each point; NaN where the curve is.</returns>
    public static double[] Ema(IReadOnlyList<double> values, double span)
    {
        var keep = 1 - (2 / (span + 1));
        var (sum, weight) = (0.0, 0.0);
        var result = new double[values.Count];
        for (var i = 0; i < result.Length; i++)
        {
            if (double.IsFinite(values[i]))
            {
                (sum, weight) = ((sum * keep) + values[i], (weight * keep) + 1);
                result[i] = sum / weight;
            }
            else
            {
                result[i] = double.NaN;
            }
        }

        return result;
    }
}
