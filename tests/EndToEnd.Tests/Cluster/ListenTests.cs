using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Cluster;

/// <summary>Silos on other addresses than 127.0.0.1.</summary>
public sealed class ListenTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task TwoSilosOnTwoAddresses_OneJobRunsOnBoth()
    {
        await using var redis = await RedisServer.StartAsync();
        string[] cluster = ["--cluster", redis.Address, "--data", _folder.Data];
        await using var here = OneShotProcess.Start(["serve", "--bind", "127.0.0.2", .. cluster]);
        var there = PrivateAddress();
        await using var other = OneShotProcess.Start(["serve", "--bind", there, "--silo-port", $"{FreePort.Find(IPAddress.Parse(there))}", .. cluster]);
        Assert.StartsWith("Ready: silo 127.0.0.2:", await here.ReadyAsync(), StringComparison.Ordinal);
        Assert.StartsWith($"Ready: silo {there}:", await other.ReadyAsync(), StringComparison.Ordinal);

        (await OneShotProcess.RunAsync([.. ImplantArguments.TwoObjects(10, _folder.Out), "--fan-out", "synchronous", .. cluster])).Expect(0);

        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Out, "manifest.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal(2, (int)manifest["fan_out"]!["figures"]!["participants"]!);
    }

    public void Dispose() => _folder.Dispose();

    // Of an interface if the machine has one in a private network: that is how several machines talk. Otherwise a third one of the loopback.
    private static string PrivateAddress() =>
        NetworkInterface
            .GetAllNetworkInterfaces()
            .Where(card => card.OperationalStatus == OperationalStatus.Up)
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .FirstOrDefault(address => address.IsIPv6UniqueLocal || address.GetAddressBytes() is [10, ..] or [192, 168, _, _] or [172, >= 16 and < 32, _, _])
            ?.ToString()
        ?? "127.0.0.3";
}
