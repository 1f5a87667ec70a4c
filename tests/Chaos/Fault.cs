namespace OrleansOneShot.Chaos;

/// <summary>A fault of the schedule.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Silos">Which silo, the preferred one first: it takes the first that trains.</param>
/// <param name="AtStep">Least training step of the job that it hits.</param>
/// <param name="After">Pause before it, which begins with the end of the fault before.</param>
/// <param name="Lasts">Time until it is over.</param>
/// <param name="Variant">Chooses among what a kind can do, 0 or more.</param>
internal sealed record Fault(FaultKind Kind, IReadOnlyList<int> Silos, int AtStep, TimeSpan After, TimeSpan Lasts, int Variant = 0)
{
    /// <summary>Whether it happens to one silo, and not to what all share.</summary>
    public bool IsOfSilo => FaultKinds.IsOfSilo(Kind);

    /// <summary>The schedule of a seed, without end: the kinds of the setting, whatever of them this machine can do.</summary>
    /// <param name="setting">Seed, silos, steps and kinds.</param>
    public static IEnumerable<Fault> Schedule(ChaosSetting setting)
    {
        var random = new Random(setting.Seed);
        FaultKind[] bag = [.. setting.Faults.SelectMany(kind => Enumerable.Repeat(kind, FaultKinds.Weight(kind)))];
        while (true)
        {
            // Dealt like cards: each kind comes, also in a short run, and none comes for long.
            random.Shuffle(bag);
            foreach (var kind in bag)
            {
                var silos = Enumerable.Range(0, setting.Silos).ToArray();
                random.Shuffle(silos);

                // A silo that is evicted after 10 s is one, a store that comes back after the library's own repetitions (13 s) another.
                var lasts = kind
                    is FaultKind.Freeze
                        or FaultKind.BlobsCut
                        or FaultKind.BlobsFrozen
                        or FaultKind.Clock
                        or FaultKind.Disk
                        or FaultKind.Partition
                        or FaultKind.Join
                    ? random.Next(2_000, 20_000)
                    : random.Next(500, 4_000);
                yield return new Fault(
                    kind,
                    silos,
                    random.Next(1, Math.Max(2, setting.Steps * 3 / 4)),
                    TimeSpan.FromMilliseconds(random.Next(1_000, 5_000)),
                    TimeSpan.FromMilliseconds(lasts),
                    random.Next(1 << 20)
                );
            }
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
            .. Enumerable
                .Range(0, setting.Jobs)
                .Select(i => i <= setting.Silos ? TimeSpan.Zero : 0.9 * setting.Minutes / setting.Jobs * (i + random.NextDouble()) * TimeSpan.FromMinutes(1)),
        ];
    }
}
