using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Cluster;

/// <summary>Devices that a cluster lacks, through the command line.</summary>
public sealed class DeviceTests : IDisposable
{
    private const string Why = "Waits: no slot has a cuda device.";

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Implant_GpuWantedOfACpuCluster_WaitsAndSaysWhy()
    {
        await using var cluster = await TestCluster.StartAsync(1, _folder.Data);
        await using var implant = OneShotProcess.Start([
            .. ImplantArguments.Create(_folder.Data),
            .. cluster.Options[..2],
            "--device",
            "cuda:0",
            "--out",
            _folder["out"],
        ]);
        await implant.SaysAsync(line => line.Contains(Why, StringComparison.Ordinal));

        var entry = Assert.Single(
            (await OneShotProcess.RunAsync(["cluster", "queue", "--format", "json", .. cluster.Options])).Expect(0).Document["queue"]!.AsArray()
        );
        Assert.Equal(Why, (string?)entry!["waiting"]);
        var slot = Assert.Single(
            (await OneShotProcess.RunAsync(["cluster", "slots", "--format", "json", .. cluster.Options])).Expect(0).Document["slots"]!.AsArray()
        );
        Assert.Equal("cpu", (string?)slot!["device"]);
        Assert.True((long?)slot["memory_bytes"] > 0);
        var show = (await OneShotProcess.RunAsync(["jobs", "show", (string)entry["id"]!, .. cluster.Options])).Expect(0);
        Assert.Contains(Why, show.Output + show.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
