namespace OrleansOneShot.Chaos;

/// <summary>A fault of the schedule.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Silos">Which silo, the preferred one first: it takes the first that trains.</param>
/// <param name="AtStep">Least training step of the job that it hits.</param>
/// <param name="After">Pause before it, which begins with the end of the fault before.</param>
/// <param name="Lasts">Time until it is over.</param>
internal sealed record Fault(FaultKind Kind, IReadOnlyList<int> Silos, int AtStep, TimeSpan After, TimeSpan Lasts)
{
    /// <summary>Whether it happens to one silo, and not to what all share.</summary>
    public bool IsOfSilo => Kind is FaultKind.Kill or FaultKind.Freeze or FaultKind.Drain;

    /// <summary>The schedule of a seed, without end.</summary>
    /// <param name="setting">Seed, silos and steps.</param>
    public static IEnumerable<Fault> Schedule(ChaosSetting setting)
    {
        var random = new Random(setting.Seed);
        while (true)
        {
            var kind = random.Next(20) switch
            {
                < 8 => FaultKind.Kill,
                < 13 => FaultKind.Freeze,
                < 15 => FaultKind.Drain,
                < 17 => FaultKind.Redis,
                < 19 => FaultKind.BlobsCut,
                _ => FaultKind.BlobsFrozen,
            };
            var silos = Enumerable.Range(0, setting.Silos).ToArray();
            random.Shuffle(silos);

            // A silo that is evicted after 10 s is one, a store that comes back after the library's own repetitions (13 s) another.
            var lasts = kind is FaultKind.Freeze or FaultKind.BlobsCut or FaultKind.BlobsFrozen ? random.Next(2_000, 20_000) : random.Next(500, 4_000);
            yield return new Fault(
                kind, silos, random.Next(1, Math.Max(2, setting.Steps * 3 / 4)), TimeSpan.FromMilliseconds(random.Next(1_000, 5_000)), TimeSpan.FromMilliseconds(lasts));
        }
    }

    /// <summary>When jobs are submitted: spread over nine tenths of the time, a few at once.</summary>
    /// <param name="setting">Seed, jobs, silos and minutes.</param>
    /// <returns>Times after the first, ascending.</returns>
    public static IReadOnlyList<TimeSpan> Submissions(ChaosSetting setting)
    {
        var random = new Random(~setting.Seed);
        return
        [
            .. Enumerable.Range(0, setting.Jobs)
                .Select(i => i <= setting.Silos ? TimeSpan.Zero : 0.9 * setting.Minutes / setting.Jobs * (i + random.NextDouble()) * TimeSpan.FromMinutes(1)),
        ];
    }
}
