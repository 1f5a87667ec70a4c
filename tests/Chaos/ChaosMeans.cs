namespace OrleansOneShot.Chaos;

/// <summary>What this machine lets a run do.</summary>
internal sealed class ChaosMeans
{
    private int _machines;

    /// <summary>A network of its own; null: everything is on the loopback.</summary>
    public ChaosNetwork? Network { get; private init; }

    /// <summary>Whether silos have disks that can be full.</summary>
    public bool HasDisks { get; private init; }

    /// <summary>The library of clocks that can jump; null: silos go by the system's.</summary>
    public string? Clock { get; private init; }

    /// <summary>The faults that can't be made here, with the reason.</summary>
    public IReadOnlyDictionary<FaultKind, string> LeftOut { get; private init; } = new Dictionary<FaultKind, string>();

    /// <summary>Only what every machine can.</summary>
    public static ChaosMeans Plain { get; } = new();

    /// <summary>Tries out what is wanted.</summary>
    /// <param name="folder">An own folder.</param>
    /// <param name="wanted">The kinds of faults.</param>
    public static async Task<ChaosMeans> FindAsync(string folder, IReadOnlyList<FaultKind> wanted)
    {
        var leftOut = new Dictionary<FaultKind, string>();

        // Where the loopback is one of its own it has to be woken, whatever is wanted.
        var (network, why) = await ChaosNetwork.TryCreateAsync();
        if (why is not null && wanted.Contains(FaultKind.Partition))
        {
            leftOut.Add(FaultKind.Partition, why);
        }

        var disks = wanted.Contains(FaultKind.Disk);
        if (disks && await SiloDisk.ProbeAsync(folder) is { } noDisk)
        {
            leftOut.Add(FaultKind.Disk, noDisk);
            disks = false;
        }

        var clock = wanted.Contains(FaultKind.Clock) ? Path.Combine(folder, "clock.so") : null;
        if (clock is not null && await SiloClock.BuildAsync(clock) is { } noClock)
        {
            leftOut.Add(FaultKind.Clock, noClock);
            clock = null;
        }

        return new ChaosMeans
        {
            Network = network,
            HasDisks = disks,
            Clock = clock,
            LeftOut = leftOut,
        };
    }

    /// <summary>A number that no silo of this run has had.</summary>
    public int NextMachine() => Interlocked.Increment(ref _machines);
}
