using System.Collections.Immutable;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Embedded;

/// <summary>Options of a silo inside the process.</summary>
public sealed record EmbeddedSiloOptions
{
    /// <summary>Where its state, artifacts and logs live.</summary>
    public required DataFolder Data { get; init; }

    /// <summary>Whether it offers slots and so works on jobs; false only reads and changes state.</summary>
    public bool Trains { get; init; }

    /// <summary>Slots that it offers where it works on jobs, 1 or more: GPUs first, and the processor for those beyond.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>Whether the folder's last owner was killed: see <see cref="OwnerLock.LeftOpen"/>.</summary>
    public bool LeftOpen { get; init; }

    /// <summary>Name of this cluster; clients must give the same.</summary>
    public string ClusterId { get; init; } = "embedded-" + Guid.NewGuid().ToString("N");

    /// <summary>Hosts that webhooks may call besides those of the Internet: addresses, networks such as 10.0.0.0/8, and names. Default: none.</summary>
    public ImmutableArray<string> WebhookAllow { get; init; } = [];

    /// <summary>Patterns, such as <c>stabilityai/*</c>, of the repositories from which models may be pulled for callers. Default: none.</summary>
    public ImmutableArray<string> AllowPull { get; init; } = [];

    /// <summary>Stands in for the engine, in tests.</summary>
    public Func<IServiceProvider, ITrainingEngine>? Engine { get; init; }
}
