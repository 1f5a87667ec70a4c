using System.Net;
using System.Net.Sockets;

namespace OrleansOneShot.Common;

/// <summary>
/// Tells the addresses of the Internet from all others: private, link-local (where clouds hand out credentials), of this machine, for groups, or reserved.
/// </summary>
public static class PublicAddresses
{
    private static readonly IPNetwork[] s_others =
    [
        IPNetwork.Parse("0.0.0.0/8"), // this machine
        IPNetwork.Parse("192.0.0.0/24"), // RFC 6890
        IPNetwork.Parse("192.0.2.0/24"), // RFC 5737: documentation
        IPNetwork.Parse("192.88.99.0/24"), // RFC 7526: 6to4 relays of old
        IPNetwork.Parse("198.18.0.0/15"), // RFC 2544: benchmarks
        IPNetwork.Parse("198.51.100.0/24"), // RFC 5737
        IPNetwork.Parse("203.0.113.0/24"), // RFC 5737
        IPNetwork.Parse("224.0.0.0/4"), // groups
        IPNetwork.Parse("240.0.0.0/4"), // reserved, and broadcast
        IPNetwork.Parse("2001::/23"), // RFC 2928: protocols, among them Teredo, which carries IPv4 addresses in disguise
        IPNetwork.Parse("2001:db8::/32"), // RFC 3849: documentation
        IPNetwork.Parse("3fff::/20"), // RFC 9637: documentation
    ];

    // All of IPv6 that was ever given out. What lies outside is this machine, link-local, for groups, reserved, or a carrier.
    private static readonly IPNetwork s_unicast = IPNetwork.Parse("2000::/3");

    // Networks whose addresses carry an IPv4 address, and where it begins: whoever routes them may end at that one.
    private static readonly (IPNetwork Network, int At)[] s_carriers =
    [
        (IPNetwork.Parse("::/96"), 12), // IPv4-compatible
        (IPNetwork.Parse("::ffff:0:0/96"), 12), // IPv4-mapped
        (IPNetwork.Parse("::ffff:0:0:0/96"), 12), // RFC 2765: IPv4-translated
        (IPNetwork.Parse("64:ff9b::/96"), 12), // RFC 6052: NAT64
        (IPNetwork.Parse("64:ff9b:1::/48"), 12), // RFC 8215
        (IPNetwork.Parse("2002::/16"), 2), // RFC 3056: 6to4
    ];

    // RFC 5214: ISATAP, below any prefix: these four bytes stand before an IPv4 address.
    private static readonly byte[][] s_isatap =
    [
        [0, 0, 0x5e, 0xfe],
        [2, 0, 0x5e, 0xfe],
    ];

    /// <summary>Whether an address is not of the Internet.</summary>
    /// <param name="address">An address, with or without scope.</param>
    /// <returns>Whether.</returns>
    public static bool Exclude(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var bytes = address.GetAddressBytes();
        var plain = new IPAddress(bytes); // without a scope, which networks don't have
        if (PrivateNetworks.Contains(plain) || s_others.Any(network => network.Contains(plain)))
        {
            return true;
        }

        if (plain.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        var carriers = s_carriers.Where(carrier => carrier.Network.Contains(plain)).ToList();
        return (carriers.Count == 0 && !s_unicast.Contains(plain))
            || carriers.Any(carrier => Exclude(new IPAddress(bytes.AsSpan(carrier.At, 4))))
            || (s_isatap.Any(mark => bytes.AsSpan(8, 4).SequenceEqual(mark)) && Exclude(new IPAddress(bytes.AsSpan(12, 4))));
    }
}
