namespace OrleansOneShot.Compute.Masks.GrabCut;

/// <summary>Otsu's threshold: the value that splits a histogram into the two classes with the least spread within them.</summary>
internal static class OtsuThreshold
{
    private const int Bins = 256;

    /// <summary>Finds the threshold.</summary>
    /// <param name="values">Finite values of at least 0.</param>
    /// <returns>The threshold, or 0 when all values are 0.</returns>
    public static float Of(IReadOnlyList<float> values)
    {
        var largest = values.Count == 0 ? 0 : values.Max();
        if (largest <= 0)
        {
            return 0;
        }

        var histogram = new long[Bins];
        foreach (var value in values)
        {
            histogram[Math.Min(Bins - 1, (int)(value / largest * (Bins - 1)))]++;
        }

        var sum = histogram.Select((count, bin) => (double)count * bin).Sum();
        var (below, belowSum, best, threshold) = (0L, 0.0, -1.0, 0);
        for (var bin = 0; bin < Bins; bin++)
        {
            below += histogram[bin];
            belowSum += (double)histogram[bin] * bin;
            if (below == 0 || below == values.Count)
            {
                continue;
            }

            var apart = (belowSum / below) - ((sum - belowSum) / (values.Count - below));
            var spread = (double)below * (values.Count - below) * apart * apart;
            if (spread > best)
            {
                (best, threshold) = (spread, bin);
            }
        }

        return (threshold + 1f) / (Bins - 1) * largest;
    }
}
