namespace OrleansOneShot.Chaos;

/// <summary>A fault of the schedule.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Silo">Which silo.</param>
/// <param name="After">Pause before it.</param>
/// <param name="Lasts">Time until it is over.</param>
internal sealed record Fault(FaultKind Kind, int Silo, TimeSpan After, TimeSpan Lasts)
{
    /// <summary>The schedule of a seed, without end.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="silos">Number of silos.</param>
    public static IEnumerable<Fault> Schedule(int seed, int silos)
    {
        var random = new Random(seed);
        while (true)
        {
            var kind = random.Next(10) switch
            {
                < 5 => FaultKind.Kill,
                < 8 => FaultKind.Freeze,
                < 9 => FaultKind.Drain,
                _ => FaultKind.Redis,
            };
            var lasts = kind == FaultKind.Freeze ? random.Next(2_000, 25_000) : random.Next(500, 4_000);
            yield return new Fault(kind, random.Next(silos), TimeSpan.FromMilliseconds(random.Next(2_000, 9_000)), TimeSpan.FromMilliseconds(lasts));
        }
    }
}
