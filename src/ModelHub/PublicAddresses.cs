using System.Net;
using System.Net.Sockets;
using OrleansOneShot.Common;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// Tells the addresses of the Internet from all others: private, link-local (where clouds hand out credentials), of this machine, for groups, or reserved.
/// </summary>
internal static class PublicAddresses
{
    private static readonly IPNetwork[] s_others =
    [
        IPNetwork.Parse("0.0.0.0/8"), // this machine
        IPNetwork.Parse("192.0.0.0/24"), // RFC 6890
        IPNetwork.Parse("198.18.0.0/15"), // RFC 2544: benchmarks
        IPNetwork.Parse("224.0.0.0/4"), // groups
        IPNetwork.Parse("240.0.0.0/4"), // reserved, and broadcast
        IPNetwork.Parse("::/128"), // this machine
        IPNetwork.Parse("fec0::/10"), // RFC 3879: site-local of old
        IPNetwork.Parse("ff00::/8"), // groups
    ];

    // Networks whose addresses carry an IPv4 address, and where it begins: whoever routes them may end at that one.
    private static readonly (IPNetwork Network, int At)[] s_carriers =
    [
        (IPNetwork.Parse("::/96"), 12), // IPv4-compatible
        (IPNetwork.Parse("::ffff:0:0/96"), 12), // IPv4-mapped
        (IPNetwork.Parse("64:ff9b::/96"), 12), // RFC 6052: NAT64
        (IPNetwork.Parse("64:ff9b:1::/48"), 12), // RFC 8215
        (IPNetwork.Parse("2002::/16"), 2), // RFC 3056: 6to4
    ];

    /// <summary>Whether an address is not of the Internet.</summary>
    /// <param name="address">An address, with or without scope.</param>
    /// <returns>Whether.</returns>
    public static bool Exclude(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        var plain = new IPAddress(bytes); // without a scope, which networks don't have
        return PrivateNetworks.Contains(plain)
            || s_others.Any(network => network.Contains(plain))
            || (
                plain.AddressFamily == AddressFamily.InterNetworkV6
                && s_carriers.Any(carrier => carrier.Network.Contains(plain) && Exclude(new IPAddress(bytes.AsSpan(carrier.At, 4))))
            );
    }
}
