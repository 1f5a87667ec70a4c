namespace OrleansOneShot.Silo.Hosting;

/// <summary>When a silo of a cluster takes no jobs, and when a job that machines fail is given up.</summary>
public sealed record SiloHealthOptions
{
    /// <summary>Bytes that must be free on the disk of the work folder for the silo to take jobs; 0: none. Default: 1 GiB.</summary>
    public long MinFreeBytes { get; init; } = 1L << 30;

    /// <summary>Different silos whose machines must have failed a job before it fails, 1 or more. Default: 2.</summary>
    public int MaxFaultySilos { get; init; } = 2;
}
