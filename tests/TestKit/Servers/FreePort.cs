using System.Net;
using System.Net.Sockets;

namespace OrleansOneShot.TestKit.Servers;

/// <summary>Ports for servers that want to be told one.</summary>
public static class FreePort
{
    /// <summary>A port that is free now.</summary>
    /// <param name="address">An address of this machine; null: of the loopback.</param>
    public static int Find(IPAddress? address = null)
    {
        using var listener = new TcpListener(address ?? IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
