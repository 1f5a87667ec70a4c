using System.Net;

namespace OrleansOneShot.Grains.Webhooks;

/// <summary>Finds the addresses of a host. Tests say which they are.</summary>
internal interface IHostResolver
{
    /// <summary>Looks a host up.</summary>
    /// <param name="host">A name, or an address.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>All its addresses.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">There is no such host, or nobody who knows.</exception>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);
}

/// <summary>The machine's own resolver.</summary>
internal sealed class SystemHostResolver : IHostResolver
{
    /// <inheritdoc/>
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken);
}
