using System.Collections.Immutable;
using System.Net;

namespace OrleansOneShot.Common;

/// <summary>
/// Which hosts this program may call because a user asked for it: those of the Internet, and what the operator allows besides. Without that a user could have
/// it knock at the doors of its own network, or ask the machine's cloud for its credentials.
/// </summary>
public sealed class ReachableHosts
{
    /// <summary>What the operator may write, in words.</summary>
    public const string Form = "an address such as 10.0.0.5, a network such as 10.0.0.0/8, or the name of a host";

    private readonly ImmutableArray<IPNetwork> _networks;
    private readonly ImmutableHashSet<string> _names;

    private ReachableHosts(ImmutableArray<IPNetwork> networks, ImmutableHashSet<string> names) => (_networks, _names) = (networks, names);

    /// <summary>The Internet alone.</summary>
    public static ReachableHosts Internet { get; } = new([], []);

    /// <summary>Reads what the operator allows besides the Internet.</summary>
    /// <param name="allowed">Each as <see cref="Form"/> says. A name is that host alone, whatever its addresses are.</param>
    /// <param name="hosts">The hosts; those of the Internet if an entry can't be read.</param>
    /// <param name="unusable">The first entry that can't be read.</param>
    /// <returns>Whether all can.</returns>
    public static bool TryParse(IEnumerable<string> allowed, out ReachableHosts hosts, out string? unusable)
    {
        ArgumentNullException.ThrowIfNull(allowed);
        var (networks, names) = (ImmutableArray.CreateBuilder<IPNetwork>(), ImmutableHashSet.CreateBuilder<string>(StringComparer.OrdinalIgnoreCase));
        (hosts, unusable) = (Internet, null);
        foreach (var entry in allowed)
        {
            if (IPNetwork.TryParse(entry, out var network))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(entry.Trim('[', ']'), out var address))
            {
                var plain = Plain(address);
                networks.Add(new IPNetwork(plain, plain.GetAddressBytes().Length * 8));
            }
            else if (Uri.CheckHostName(entry) == UriHostNameType.Dns)
            {
                names.Add(NameOf(entry));
            }
            else
            {
                unusable = entry;
                return false;
            }
        }

        hosts = new ReachableHosts(networks.ToImmutable(), names.ToImmutable());
        return true;
    }

    /// <summary>Whether the operator allows a host by its name, or by the address that is its name.</summary>
    /// <param name="host">As an address on the web has it.</param>
    /// <returns>Whether.</returns>
    public bool AllowsByName(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return _names.Contains(NameOf(host)) || (ToAddress(host) is { } address && IsAllowed(address));
    }

    /// <summary>Whether it is plain without looking the host up that it may not be called.</summary>
    /// <param name="host">As an address on the web has it.</param>
    /// <returns>True for an address that is not of the Internet, and for this machine's own name.</returns>
    public bool RefusesByName(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var name = NameOf(host);
        return !AllowsByName(host)
            && (
                ToAddress(host) is { } address
                    ? PublicAddresses.Exclude(address)
                    : name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            );
    }

    /// <summary>Whether a host may not be called at an address that was found for it.</summary>
    /// <param name="host">The host.</param>
    /// <param name="address">One of its addresses.</param>
    /// <returns>Whether.</returns>
    public bool Refuses(string host, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(address);
        return !_names.Contains(NameOf(host)) && !IsAllowed(address) && PublicAddresses.Exclude(address);
    }

    /// <summary>The address that a host's name is.</summary>
    /// <param name="host">As an address on the web has it, IPv6 with or without brackets.</param>
    /// <returns>The address; null for a name that has to be looked up.</returns>
    public static IPAddress? ToAddress(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return IPAddress.TryParse(NameOf(host).Trim('[', ']'), out var address) ? address : null;
    }

    private static string NameOf(string host) => host.TrimEnd('.');

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : new IPAddress(address.GetAddressBytes());

    private bool IsAllowed(IPAddress address)
    {
        var plain = Plain(address);
        return _networks.Any(network => network.Contains(plain));
    }
}
