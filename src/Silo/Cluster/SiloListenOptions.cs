using System.Net;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>Where a silo of a cluster listens. Its ports carry no authentication: whoever reaches them can do everything.</summary>
public sealed record SiloListenOptions
{
    /// <summary>
    /// An address of this machine, or <see cref="IPAddress.Any"/> or <see cref="IPAddress.IPv6Any"/> for all of them. Default: the loopback, which no other
    /// machine reaches.
    /// </summary>
    public IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary>Address under which other silos and clients reach it; null takes <see cref="Bind"/>.</summary>
    public IPAddress? Advertise { get; init; }

    /// <summary>Port for other silos, 1 to 65,535; 0 takes a free one.</summary>
    public int SiloPort { get; init; }

    /// <summary>Port for clients, 1 to 65,535; 0 takes a free one.</summary>
    public int GatewayPort { get; init; }

    /// <summary>Whether an address outside of private networks may be used.</summary>
    public bool AllowPublic { get; init; }
}
