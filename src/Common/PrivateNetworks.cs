using System.Net;

namespace OrleansOneShot.Common;

/// <summary>The networks that the Internet does not reach. Every other address counts as public.</summary>
public static class PrivateNetworks
{
    private static readonly IPNetwork[] s_networks =
    [
        IPNetwork.Parse("127.0.0.0/8"), // loopback
        IPNetwork.Parse("10.0.0.0/8"), // RFC 1918
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("169.254.0.0/16"), // link-local
        IPNetwork.Parse("100.64.0.0/10"), // RFC 6598: behind a provider's address translation
        IPNetwork.Parse("::1/128"), // loopback
        IPNetwork.Parse("fc00::/7"), // RFC 4193
        IPNetwork.Parse("fe80::/10"), // link-local
    ];

    /// <summary>Whether an address is of a private network.</summary>
    /// <param name="address">An address of one host; IPv4 in IPv6 clothes counts as IPv4.</param>
    /// <returns>Whether.</returns>
    public static bool Contains(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return s_networks.Any(network => network.Contains(plain));
    }
}
