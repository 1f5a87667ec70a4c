using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>Starts hosts on free ports of the loopback.</summary>
internal static class LoopbackHost
{
    private const int Attempts = 5;

    /// <summary>Starts a host; if someone takes a port between the look and the bind, on others.</summary>
    /// <param name="build">Builds the host from the ports of silo and gateway.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <returns>The running host, and its gateway's port.</returns>
    public static async Task<(IHost Host, int GatewayPort)> StartAsync(Func<int, int, IHost> build, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (siloPort, gatewayPort) = FreePorts();
            var host = build(siloPort, gatewayPort);
            try
            {
                await host.StartAsync(cancellationToken);
                return (host, gatewayPort);
            }
            catch (Exception e)
            {
                await DisposeAsync(host);
                if (attempt >= Attempts || !IsAddressInUse(e))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Disposes of a host.</summary>
    /// <param name="host">The host, stopped or never started.</param>
    /// <returns>When done.</returns>
    public static async ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
        else
        {
            host.Dispose();
        }
    }

    private static (int Silo, int Gateway) FreePorts()
    {
        using var silo = new TcpListener(IPAddress.Loopback, 0);
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        return (((IPEndPoint)silo.LocalEndpoint).Port, ((IPEndPoint)gateway.LocalEndpoint).Port);
    }

    private static bool IsAddressInUse(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
            {
                return true;
            }
        }

        return false;
    }
}
