using System.Net;
using Orleans.Configuration;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>Where a silo listens.</summary>
/// <param name="Listen">Address of both ports.</param>
/// <param name="Advertised">Address under which other silos and clients reach them.</param>
/// <param name="SiloPort">Port for other silos; 0 takes a free one.</param>
/// <param name="GatewayPort">Port for clients; 0 takes a free one.</param>
internal sealed record SiloEndpoints(IPAddress Listen, IPAddress Advertised, int SiloPort, int GatewayPort)
{
    /// <summary>Free ports of the loopback.</summary>
    public static SiloEndpoints Loopback { get; } = new(IPAddress.Loopback, IPAddress.Loopback, 0, 0);

    /// <summary>Tells a silo.</summary>
    /// <param name="endpoints">The silo's endpoints.</param>
    public void ApplyTo(EndpointOptions endpoints)
    {
        endpoints.AdvertisedIPAddress = Advertised;
        endpoints.SiloPort = SiloPort;
        endpoints.GatewayPort = GatewayPort;
        endpoints.SiloListeningEndpoint = new IPEndPoint(Listen, SiloPort);
        endpoints.GatewayListeningEndpoint = new IPEndPoint(Listen, GatewayPort);
    }
}
