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
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, endpoint.Port), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                last = e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last!;
    }
}

/// <summary>A host is not of the Internet, and the operator does not allow it. The address is not told: names of the inside would be read out by asking.</summary>
internal sealed class ReceiverRefusedException() : IOException("The receiver's address is not of the Internet, and the operator does not allow it.");
