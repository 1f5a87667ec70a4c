using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>Starts hosts of silos on the ports they were given, or on free ones.</summary>
internal static class SiloHost
{
    private const int Attempts = 5;

    /// <summary>Starts a host; if someone takes a free port between the look and the bind, on others.</summary>
    /// <param name="endpoints">Where to listen.</param>
    /// <param name="build">Builds the host from the endpoints with their ports.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <returns>The running host, and where it listens.</returns>
    /// <exception cref="OneShotException">conflict: another program has a port that was given.</exception>
    public static async Task<(IHost Host, SiloEndpoints Endpoints)> StartAsync(
        SiloEndpoints endpoints,
        Func<SiloEndpoints, IHost> build,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            RequireFree(endpoints);
            var chosen = ChoosePorts(endpoints);
            var host = build(chosen);
            try
            {
                await host.StartAsync(cancellationToken);
                return (host, chosen);
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

    // Orleans would say so in a stack trace that names no port.
    private static void RequireFree(SiloEndpoints endpoints)
    {
        foreach (var (port, option) in new[] { (endpoints.SiloPort, "silo-port"), (endpoints.GatewayPort, "gateway-port") })
        {
            try
            {
                using var listener = Listen(endpoints.Listen, port);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                var message = $"Port {port} of {endpoints.Listen} is in use by another program.";
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.Conflict,
                        message,
                        option,
                        $"End that program, or give another port with --{option}; without it the silo takes a free one."
                    ),
                    e
                );
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
            {
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.InvalidInput,
                        $"This user may not listen on port {port} of {endpoints.Listen}.",
                        option,
                        $"Give a port of 1024 or above with --{option}."
                    ),
                    e
                );
            }
        }
    }

    private static SiloEndpoints ChoosePorts(SiloEndpoints endpoints)
    {
        using var silo = Listen(endpoints.Listen, endpoints.SiloPort);
        using var gateway = Listen(endpoints.Listen, endpoints.GatewayPort);
        return endpoints with { SiloPort = ((IPEndPoint)silo.LocalEndpoint).Port, GatewayPort = ((IPEndPoint)gateway.LocalEndpoint).Port };
    }

    private static TcpListener Listen(IPAddress address, int port)
    {
        var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
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
