using System.Net;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute;
using OrleansOneShot.Silo.Cluster;

namespace OrleansOneShot.Cli.Tests.Options;

public sealed class ListenOptionsTests
{
    [Fact]
    public void Read_Nothing_IsTheLoopback() => Assert.Equal(new SiloListenOptions(), Read(new(), []));

    [Fact]
    public void Read_Options_WinOverTheEnvironment()
    {
        var given = new ListenOptions.Given("10.0.0.5", "10.0.0.6", 11111, 30000, AllowPublic: true);
        var expected = new SiloListenOptions
        {
            Bind = IPAddress.Parse("10.0.0.5"),
            Advertise = IPAddress.Parse("10.0.0.6"),
            SiloPort = 11111,
            GatewayPort = 30000,
            AllowPublic = true,
        };

        Assert.Equal(expected, Read(given, []));
        Assert.Equal(
            expected,
            Read(given, [("ONESHOT_BIND", "x"), ("ONESHOT_ADVERTISE", "x"), ("ONESHOT_BIND_SILO_PORT", "x"), ("ONESHOT_BIND_GATEWAY_PORT", "x")])
        );
    }

    [Fact]
    public void Read_Environment_StandsForTheOptions() =>
        Assert.Equal(
            new SiloListenOptions
            {
                Bind = IPAddress.Parse("10.0.0.5"),
                Advertise = IPAddress.Parse("10.0.0.6"),
                SiloPort = 11111,
                GatewayPort = 30000,
                AllowPublic = true,
            },
            Read(
                new(),
                [
                    ("ONESHOT_BIND", "10.0.0.5"),
                    ("ONESHOT_ADVERTISE", "10.0.0.6"),
                    ("ONESHOT_BIND_SILO_PORT", "11111"),
                    ("ONESHOT_BIND_GATEWAY_PORT", "30000"),
                    ("ONESHOT_ALLOW_PUBLIC", "1"),
                ]
            )
        );

    [Theory]
    [InlineData("0.0.0.0", "10.0.0.7")]
    [InlineData("::", "10.0.0.7")]
    [InlineData("10.0.0.5", null)]
    [InlineData(null, null)]
    public void Read_PodAddress_IsAdvertisedWhereASiloListensOnAllAddresses(string? bind, string? advertise) =>
        Assert.Equal(advertise, Read(new(bind), [("POD_IP", "10.0.0.7")]).Advertise?.ToString());

    [Theory]
    [InlineData("ONESHOT_BIND", "silo-1", "ONESHOT_BIND 'silo-1' is no IP address.")]
    [InlineData("ONESHOT_ADVERTISE", "10.0.0.5:11111x", "ONESHOT_ADVERTISE '10.0.0.5:11111x' is no IP address.")]
    [InlineData(
        "ONESHOT_BIND_SILO_PORT",
        "tcp://10.0.0.5:11111",
        "ONESHOT_BIND_SILO_PORT must be a whole number from 1 to 65535, but is 'tcp://10.0.0.5:11111'."
    )]
    [InlineData("ONESHOT_BIND_GATEWAY_PORT", "65536", "ONESHOT_BIND_GATEWAY_PORT must be a whole number from 1 to 65535, but is '65536'.")]
    public void Read_OtherText_NamesTheVariable(string variable, string text, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidInputException>(() => Read(new(), [(variable, text)])).Message);

    [Theory]
    [InlineData("--bind", "silo-1", "--bind 'silo-1' is no IP address.")]
    [InlineData("--advertise", "silo-1", "--advertise 'silo-1' is no IP address.")]
    [InlineData("--silo-port", "0", "--silo-port must be a whole number from 1 to 65535, but is '0'.")]
    [InlineData("--keep-models", "0", "--keep-models must be a whole number from 1 to 3650, but is '0'.")]
    [InlineData("--exit-when-idle", "0s", "--exit-when-idle must be a time from 1 s to 168 h, such as 90s, 10m or 2h, but is '0s'.")]
    [InlineData("--exit-when-idle", "10", "--exit-when-idle must be a time from 1 s to 168 h, such as 90s, 10m or 2h, but is '10'.")]
    [InlineData("--upgrade-wait", "-1m", "--upgrade-wait must be a time from 0 s to 168 h, such as 90s, 10m or 2h, but is '-1m'.")]
    [InlineData("--gateway-port", "70000", "--gateway-port must be a whole number from 1 to 65535, but is '70000'.")]
    [InlineData("--bind", "203.0.113.77", "203.0.113.77 is no address of this machine, so no silo can listen there.")]
    [InlineData("--bind", "0.0.0.0", "0.0.0.0 listens on every address of this machine, and --advertise does not say under which one others reach the silo.")]
    public async Task Serve_BadAddress_EndsWith2BeforeRedisIsAsked(string option, string value, string message)
    {
        var run = await CliRun.RunAsync("serve", "--cluster", "redis://127.0.0.1:1", option, value);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.StartsWith(message + Environment.NewLine, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_PublicAddress_EndsWith2AndNamesTheOptionThatAllowsIt()
    {
        var run = await CliRun.RunAsync("serve", "--cluster", "redis://127.0.0.1:1", "--bind", "0.0.0.0", "--advertise", "203.0.113.77");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal(
            [
                "203.0.113.77 is a public address, and a silo's ports carry no authentication.",
                "Bind to an address of a private network, or, behind a firewall, give --allow-public.",
            ],
            run.Error.TrimEnd().Split(Environment.NewLine)
        );
    }

    [Theory]
    [InlineData("--bind", "127.0.0.2")]
    [InlineData("--allow-public")]
    [InlineData("--keep-models", "7")]
    [InlineData("--exit-when-idle")]
    [InlineData("--exit-when-idle", "10m")]
    [InlineData("--upgrade-wait", "0")]
    public async Task Serve_WithoutACluster_TakesNoAddress(params string[] option)
    {
        var run = await CliRun.RunAsync(["serve", .. option]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.StartsWith($"{option[0]} is for silos of a cluster: give --cluster as well;", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_ControlThatEndsWhenIdle_IsRefused()
    {
        var run = await CliRun.RunAsync("serve", "--cluster", "redis://127.0.0.1:1", "--role", "control", "--exit-when-idle");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.StartsWith("--exit-when-idle is for silos with slots, and --role control has none", run.Error, StringComparison.Ordinal);
    }

    private static SiloListenOptions Read(ListenOptions.Given given, (string Name, string Value)[] environment) =>
        ListenOptions.Read(given, name => environment.FirstOrDefault(variable => variable.Name == name).Value);
}
