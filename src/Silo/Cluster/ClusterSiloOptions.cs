using System.Collections.Immutable;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>Options of a silo that joins a cluster.</summary>
public sealed record ClusterSiloOptions
{
    /// <summary>Name of the cluster where none is given.</summary>
    public const string DefaultClusterId = "oneshot";

    /// <summary>The Redis that holds membership, grain state and reminders, as StackExchange.Redis writes it: "host:port,password=...".</summary>
    public required string Redis { get; init; }

    /// <summary>Folder of artifacts, which all silos and clients of the cluster share.</summary>
    public required DataFolder Data { get; init; }

    /// <summary>Name of the cluster within that Redis. Orleans' name of it has the version of the contracts as well.</summary>
    public string ClusterId { get; init; } = DefaultClusterId;

    /// <summary>Slots this silo offers; 0 only orchestrates; null: one for each GPU, or one for the processor.</summary>
    public int? Slots { get; init; }

    /// <summary>How long a model of the artifact store that no job refers to is kept after its last use; null: 30 days.</summary>
    public TimeSpan? KeepModels { get; init; }

    /// <summary>Hosts that webhooks may call besides those of the Internet: addresses, networks such as 10.0.0.0/8, and names. Default: none.</summary>
    public ImmutableArray<string> WebhookAllow { get; init; } = [];

    /// <summary>Patterns, such as <c>stabilityai/*</c>, of the repositories from which models may be pulled for callers. Default: none.</summary>
    public ImmutableArray<string> AllowPull { get; init; } = [];

    /// <summary>What the machine has to train on; tests say otherwise.</summary>
    public IDeviceProbe Devices { get; init; } = new MachineProbe();

    /// <summary>Where it listens. Default: free ports of the loopback.</summary>
    public SiloListenOptions Listen { get; init; } = new();

    /// <summary>When it takes no jobs, and when a job that machines fail is given up.</summary>
    public SiloHealthOptions Health { get; init; } = new();

    /// <summary>How long a silo with slots may have nothing to do before it is to end; null: for ever.</summary>
    public TimeSpan? ExitWhenIdle { get; init; }

    /// <summary>
    /// How long the start waits for silos of an earlier version of the contracts to leave, or for a drained cluster to be taken back, before it is refused.
    /// Default: not at all.
    /// </summary>
    public TimeSpan UpgradeWait { get; init; }

    /// <summary>Is told what the start waits for, a sentence.</summary>
    public Action<string>? Waits { get; init; }

    /// <summary>Whether a Redis that loses jobs when it ends, or when its memory is full, may be used.</summary>
    public bool AllowVolatileRedis { get; init; }

    /// <summary>This machine's clock; tests set it wrong.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Version of the contracts that it says it has; tests play other versions.</summary>
    internal int ContractVersion { get; init; } = Contracts.ContractVersion.Current;

    /// <summary>Stands in for the engine, in tests and benchmarks.</summary>
    public Func<IServiceProvider, ITrainingEngine>? Engine { get; init; }
}
