using System.Net;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Hosting;

namespace OrleansOneShot.Silo.Tests.Cluster;

public sealed class ListenCheckTests
{
    private static readonly IPAddress[] s_inside = [IPAddress.Loopback, IPAddress.IPv6Loopback, IPAddress.Parse("10.0.0.5"), IPAddress.Parse("fd00::5")];
    private static readonly IPAddress[] s_outside = [.. s_inside, IPAddress.Parse("8.8.4.4")];

    [Fact]
    public void Resolve_Default_IsFreePortsOfTheLoopback() => Assert.Equal(SiloEndpoints.Loopback, Check(s_outside).Resolve(new SiloListenOptions()));

    [Theory]
    [InlineData("10.0.0.5", null, "10.0.0.5")]
    [InlineData("fd00::5", null, "fd00::5")]
    [InlineData("10.0.0.5", "192.168.7.7", "192.168.7.7")]
    [InlineData("0.0.0.0", "10.0.0.5", "10.0.0.5")]
    [InlineData("::", "10.0.0.5", "10.0.0.5")]
    [InlineData("::", "fd00::5", "fd00::5")]
    public void Resolve_PrivateAddress_IsTaken(string bind, string? advertise, string advertised) =>
        Assert.Equal(new SiloEndpoints(IPAddress.Parse(bind), IPAddress.Parse(advertised), 11111, 30000), Check(s_inside).Resolve(Options(bind, advertise)));

    [Theory]
    [InlineData("8.8.4.4", null, "bind", "8.8.4.4 is a public address, and a silo's ports carry no authentication.")]
    [InlineData("0.0.0.0", "10.0.0.5", "bind", "0.0.0.0 listens on the public address 8.8.4.4 too, and a silo's ports carry no authentication.")]
    [InlineData("::", "fd00::5", "bind", ":: listens on the public address 8.8.4.4 too, and a silo's ports carry no authentication.")]
    [InlineData("10.0.0.5", "9.9.9.9", "advertise", "9.9.9.9 is a public address, and a silo's ports carry no authentication.")]
    public void Resolve_PublicAddress_IsRefusedUnlessAllowed(string bind, string? advertise, string field, string message)
    {
        var options = Options(bind, advertise);

        var error = Assert.Throws<OneShotException>(() => Check(s_outside).Resolve(options)).Detail;

        Assert.Equal((ErrorCodes.InvalidInput, field, message), (error.Code, error.Field, error.Message));
        Assert.Contains("--allow-public", error.Hint, StringComparison.Ordinal);
        Assert.Equal(IPAddress.Parse(bind), Check(s_outside).Resolve(options with { AllowPublic = true }).Listen);
    }

    [Theory]
    [InlineData("10.9.9.9", null, "bind", "10.9.9.9 is no address of this machine, so no silo can listen there.")]
    [InlineData("224.0.0.1", null, "bind", "224.0.0.1 is no address of this machine, so no silo can listen there.")]
    [InlineData("255.255.255.255", null, "bind", "255.255.255.255 is no address of this machine, so no silo can listen there.")]
    [InlineData(
        "0.0.0.0",
        null,
        "advertise",
        "0.0.0.0 listens on every address of this machine, and --advertise does not say under which one others reach the silo."
    )]
    [InlineData("::", null, "advertise", ":: listens on every address of this machine, and --advertise does not say under which one others reach the silo.")]
    [InlineData("10.0.0.5", "239.1.2.3", "advertise", "239.1.2.3 is no address of one machine, so nobody reaches a silo there.")]
    [InlineData("127.0.0.1", "10.0.0.5", "advertise", "Nobody reaches a silo at 10.0.0.5 that listens on the loopback address 127.0.0.1 alone.")]
    [InlineData("10.0.0.5", "127.0.0.1", "advertise", "Nobody reaches a silo at the loopback address 127.0.0.1 that listens on 10.0.0.5 alone.")]
    [InlineData("10.0.0.5", "fd00::5", "advertise", "10.0.0.5 and fd00::5 are addresses of two kinds, IPv4 and IPv6.")]
    public void Resolve_AddressThatCannotWork_SaysWhy_EvenIfPublicIsAllowed(string bind, string? advertise, string field, string message)
    {
        var error = Assert.Throws<OneShotException>(() => Check(s_inside).Resolve(Options(bind, advertise) with { AllowPublic = true })).Detail;

        Assert.Equal((ErrorCodes.InvalidInput, field, message), (error.Code, error.Field, error.Message));
        Assert.NotNull(error.Hint);
    }

    [Fact]
    public void Resolve_OnePortForBoth_IsRefused() =>
        Assert.Equal(
            "gateway-port",
            Assert.Throws<OneShotException>(() => Check(s_inside).Resolve(new SiloListenOptions { SiloPort = 7, GatewayPort = 7 })).Detail.Field
        );

    [Fact]
    public void ForThisMachine_LoopbackIsItsOwn_AndATestNetworkIsNot()
    {
        Assert.Equal(IPAddress.Loopback, ListenCheck.ForThisMachine().Resolve(new SiloListenOptions()).Listen);
        Assert.False(MachineAddresses.Has(IPAddress.Parse("203.0.113.77")));
        Assert.Contains(IPAddress.Loopback, MachineAddresses.List());
    }

    private static ListenCheck Check(IPAddress[] machine) => new(machine, machine.Contains);

    private static SiloListenOptions Options(string bind, string? advertise) =>
        new()
        {
            Bind = IPAddress.Parse(bind),
            Advertise = advertise is null ? null : IPAddress.Parse(advertise),
            SiloPort = 11111,
            GatewayPort = 30000,
        };
}
