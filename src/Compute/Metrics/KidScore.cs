namespace OrleansOneShot.Compute.Metrics;

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
