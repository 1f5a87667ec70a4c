using System.Net;
using System.Net.Sockets;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Hosting;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>Refuses to listen where a silo must not or can't, before anything is started.</summary>
/// <param name="machine">The addresses of this machine's interfaces.</param>
/// <param name="has">Whether an address is one of this machine's.</param>
internal sealed class ListenCheck(IReadOnlyList<IPAddress> machine, Func<IPAddress, bool> has)
{
    private const string Unsafe = "and a silo's ports carry no authentication";
    private const string Allow = "Bind to an address of a private network, or, behind a firewall, give --allow-public.";

    /// <summary>The check on this machine.</summary>
    /// <returns>The check.</returns>
    public static ListenCheck ForThisMachine() => new(MachineAddresses.List(), MachineAddresses.Has);

    /// <summary>Checks and resolves.</summary>
    /// <param name="options">What was asked for.</param>
    /// <returns>Where to listen.</returns>
    /// <exception cref="OneShotException">invalid_input: one sentence says what does not fit.</exception>
    public SiloEndpoints Resolve(SiloListenOptions options)
    {
        var everywhere = IsAny(options.Bind);
        var advertised = options.Advertise ?? options.Bind;
        if (!everywhere)
        {
            RequireOwn(options.Bind);
        }

        if (IsAny(advertised))
        {
            throw Refuse(
                "advertise",
                $"{options.Bind} listens on every address of this machine, and --advertise does not say under which one others reach the silo.",
                "Give one of them with --advertise."
            );
        }

        RequireReachable(options.Bind, advertised);
        if (!options.AllowPublic)
        {
            RequirePrivate(options.Bind, advertised);
        }

        if (options.SiloPort != 0 && options.SiloPort == options.GatewayPort)
        {
            throw Refuse("gateway-port", $"--silo-port and --gateway-port are both {options.SiloPort}.", "Give two different ports.");
        }

        return new SiloEndpoints(options.Bind, advertised, options.SiloPort, options.GatewayPort);
    }

    private void RequireOwn(IPAddress address)
    {
        if (IsMany(address) || !has(address))
        {
            throw Refuse(
                "bind",
                $"{address} is no address of this machine, so no silo can listen there.",
                $"This machine has {Wording.List(machine.Select(own => $"{own}"))}."
            );
        }
    }

    private static void RequireReachable(IPAddress bind, IPAddress advertised)
    {
        const string Fix = "Give the address under which other silos and clients reach this one.";
        if (IsMany(advertised))
        {
            throw Refuse("advertise", $"{advertised} is no address of one machine, so nobody reaches a silo there.", Fix);
        }

        if (IPAddress.IsLoopback(bind) && !IPAddress.IsLoopback(advertised))
        {
            throw Refuse("advertise", $"Nobody reaches a silo at {advertised} that listens on the loopback address {bind} alone.", "Give --bind as well.");
        }

        if (!IsAny(bind) && !IPAddress.IsLoopback(bind) && IPAddress.IsLoopback(advertised))
        {
            throw Refuse("advertise", $"Nobody reaches a silo at the loopback address {advertised} that listens on {bind} alone.", Fix);
        }

        if (bind.AddressFamily != advertised.AddressFamily && !bind.Equals(IPAddress.IPv6Any))
        {
            throw Refuse("advertise", $"{bind} and {advertised} are addresses of two kinds, IPv4 and IPv6.", Fix);
        }
    }

    private void RequirePrivate(IPAddress bind, IPAddress advertised)
    {
        if (!IsAny(bind) && !PrivateNetworks.Contains(bind))
        {
            throw Refuse("bind", $"{bind} is a public address, {Unsafe}.", Allow);
        }

        if (!PrivateNetworks.Contains(advertised))
        {
            throw Refuse("advertise", $"{advertised} is a public address, {Unsafe}.", Allow);
        }

        // IPv6's "any" takes IPv4 connections as well.
        if (
            IsAny(bind)
            && machine.FirstOrDefault(own =>
                (own.AddressFamily == bind.AddressFamily || bind.AddressFamily == AddressFamily.InterNetworkV6) && !PrivateNetworks.Contains(own)
            )
                is { } open
        )
        {
            throw Refuse("bind", $"{bind} listens on the public address {open} too, {Unsafe}.", Allow);
        }
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static bool IsMany(IPAddress address) =>
        address.IsIPv6Multicast
        || address.Equals(IPAddress.Broadcast)
        || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and < 240);

    private static OneShotException Refuse(string field, string message, string hint) => new(new ErrorDetail(ErrorCodes.InvalidInput, message, field, hint));
}
