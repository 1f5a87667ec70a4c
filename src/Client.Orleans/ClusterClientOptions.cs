using System.Net;
using OrleansOneShot.Contracts;

namespace OrleansOneShot.Client.Cluster;

/// <summary>How to reach a cluster: through gateways that are known, or through the Redis in which its silos are listed.</summary>
public sealed record ClusterClientOptions
{
    /// <summary>The gateways; one that answers is enough. Empty when <see cref="Redis"/> is given.</summary>
    public IReadOnlyList<IPEndPoint> Gateways { get; init; } = [];

    /// <summary>The cluster's Redis, as StackExchange.Redis writes it: "host:port,password=...". Null takes <see cref="Gateways"/>.</summary>
    public string? Redis { get; init; }

    /// <summary>
    /// The cluster's id, as its silos were given it. With <see cref="Gateways"/>, which ask no Redis for the silos' version, as Orleans knows it.
    /// </summary>
    public required string ClusterId { get; init; }

    /// <summary>What Orleans calls the cluster.</summary>
    internal string OrleansClusterId => Redis is null ? ClusterId : ContractVersion.ClusterIdOf(ClusterId);

    /// <summary>The service's id.</summary>
    public string ServiceId { get; init; } = "oneshot";

    /// <summary>How long to try to connect to a cluster that may not be there at all.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to try to connect to silos that have lately told Redis that they live: on a machine that is busy they answer late.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a call may take. Kept short, since a call whose silo dies is not failed but times out; control calls are then repeated. At least half of the
    /// silos' own time-out (30 s), which streams of progress need.
    /// </summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
