using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>The addresses of this machine.</summary>
internal static class MachineAddresses
{
    /// <summary>The addresses of its interfaces that are up.</summary>
    /// <returns>Addresses, the loopback's too.</returns>
    public static IReadOnlyList<IPAddress> List() =>
        [
            .. NetworkInterface
                .GetAllNetworkInterfaces()
                .Where(card => card.OperationalStatus != OperationalStatus.Down)
                .SelectMany(card => card.GetIPProperties().UnicastAddresses)
                .Select(unicast => unicast.Address),
        ];

    /// <summary>Whether programs of this machine can listen on an address. Tried out: of the loopback's 127.0.0.0/8 no interface lists more than one.</summary>
    /// <param name="address">The address.</param>
    /// <returns>Whether.</returns>
    public static bool Has(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
