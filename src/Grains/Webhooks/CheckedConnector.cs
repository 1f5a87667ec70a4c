using System.Net;
using System.Net.Sockets;
using OrleansOneShot.Common;

namespace OrleansOneShot.Grains.Webhooks;

/// <summary>
/// Opens connections to hosts that users named. A name is looked up once, here; every address that it has is judged; and the connection goes to one of those,
/// so that nobody can answer a second question differently.
/// </summary>
internal sealed class CheckedConnector(ReachableHosts hosts, IHostResolver resolver)
{
    // Of several addresses one may be a hole, such as that of an IPv6 which leads nowhere.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Connects.</summary>
    /// <param name="endpoint">Host and port.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ReceiverRefusedException">The host may not be called.</exception>
    /// <exception cref="SocketException">It is not found, or does not answer.</exception>
    public async Task<Stream> ConnectAsync(DnsEndPoint endpoint, CancellationToken cancellationToken)
    {
        var addresses = ReachableHosts.ToAddress(endpoint.Host) is { } literal ? [literal] : await resolver.ResolveAsync(endpoint.Host, cancellationToken);
        if (addresses.Length == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        // One bad address is enough: a host of the Internet has none, and which one a client takes would be chance.
        if (addresses.Any(address => hosts.Refuses(endpoint.Host, address)))
        {
            throw new ReceiverRefusedException();
        }

        SocketException? last = null;
        foreach (var address in addresses)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(s_patience);
            try
            {
                return await ConnectAsync(new IPEndPoint(address, endpoint.Port), patience.Token);
            }
            catch (SocketException e)
            {
                last = e;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                last = new SocketException((int)SocketError.TimedOut);
            }
        }

        throw last!;
    }

    private static async Task<Stream> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>
/// A host is not of the Internet, and the operator does not allow it. The address is not told: names of the inside would be read out by asking.
/// </summary>
internal sealed class ReceiverRefusedException() : IOException("The receiver's address is not of the Internet, and the operator does not allow it.");
