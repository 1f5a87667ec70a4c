using System.Net;
using System.Net.Sockets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Hosting;

namespace OrleansOneShot.Silo.Tests.Cluster;

public sealed class PortTests
{
    [Theory]
    [InlineData("silo-port")]
    [InlineData("gateway-port")]
    public async Task Start_PortInUse_NamesItAndTheOption(string option)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var endpoints = SiloEndpoints.Loopback with { SiloPort = option == "silo-port" ? port : 0, GatewayPort = option == "silo-port" ? 0 : port };

        var error = (
            await Assert.ThrowsAsync<OneShotException>(() =>
                SiloHost.StartAsync(endpoints, _ => throw new InvalidOperationException("No host is built."), CancellationToken.None)
            )
        ).Detail;

        Assert.Equal((ErrorCodes.Conflict, option, $"Port {port} of 127.0.0.1 is in use by another program."), (error.Code, error.Field, error.Message));
        Assert.Contains($"--{option}", error.Hint, StringComparison.Ordinal);
    }
}
