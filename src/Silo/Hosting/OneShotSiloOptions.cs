using System.Collections.Immutable;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>What a silo does for jobs, embedded or in a cluster.</summary>
internal sealed record OneShotSiloOptions
{
    /// <summary>Where artifacts live.</summary>
    public required StoreLocation Store { get; init; }

    /// <summary>Where models that were given by path, work and logs live.</summary>
    public required DataFolder Data { get; init; }

    /// <summary>Slots it offers; 0 only orchestrates; null: one for each GPU, or one for the processor.</summary>
    public int? Slots { get; init; } = 0;

    /// <summary>What the machine has to train on.</summary>
    public IDeviceProbe Devices { get; init; } = new MachineProbe();

    /// <summary>Whether it queues the jobs again that another process left unfinished.</summary>
    public bool ResumesJobs { get; init; }

    /// <summary>Whether jobs that it gives back when it stops are queued at once, for another silo.</summary>
    public bool RequeuesOnStop { get; init; }

    /// <summary>When it takes no jobs, and when a job that machines fail is given up; null: it is all there is, so its jobs fail at once and say why.</summary>
    public SiloHealthOptions? Health { get; init; }

    /// <summary>How long an unused model of the store is kept; null: as <see cref="Grains.Hosting.OneShotGrainsOptions.ModelGrace"/> says.</summary>
    public TimeSpan? KeepModels { get; init; }

    /// <summary>How long a silo with slots may have nothing to do before it leaves: <see cref="Grains.Hosting.OneShotGrainsOptions.ExitWhenIdle"/>.</summary>
    public TimeSpan? ExitWhenIdle { get; init; }

    /// <summary>Hosts that webhooks may call besides those of the Internet: <see cref="Grains.Hosting.OneShotGrainsOptions.WebhookAllow"/>.</summary>
    public ImmutableArray<string> WebhookAllow { get; init; } = [];

    /// <summary>Patterns of the repositories from which models may be pulled for callers; empty: none.</summary>
    public ImmutableArray<string> AllowPull { get; init; } = [];

    /// <summary>The clock by which jobs and leases are judged.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Stands in for the engine, in tests and benchmarks.</summary>
    public Func<IServiceProvider, ITrainingEngine>? Engine { get; init; }
}

/// <summary>When a silo of a cluster takes no jobs, and when a job that machines fail is given up.</summary>
public sealed record SiloHealthOptions
{
    /// <summary>Bytes that must be free on the disk of the work folder for the silo to take jobs; 0: none. Default: 1 GiB.</summary>
    public long MinFreeBytes { get; init; } = 1L << 30;

    /// <summary>Different silos whose machines must have failed a job before it fails, 1 or more. Default: 2.</summary>
    public int MaxFaultySilos { get; init; } = 2;
}
