using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Cluster;

public sealed class ClusterJobTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Implant_InACluster_GivesTheWeightsOfTheEmbeddedRun()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var silo = OneShotProcess.Start("serve", "--cluster", redis.Address, "--data", _folder["cluster"]);
        await silo.ReadyAsync();

        (await OneShotProcess.RunAsync([.. ImplantArguments.Create(_folder["cluster"]), "--cluster", redis.Address, "--out", _folder["there"]])).Expect(0);
        (await OneShotProcess.RunAsync([.. ImplantArguments.Create(_folder["embedded"]), "--out", _folder["here"]])).Expect(0);

        var (there, here) = (TestFolder.Hash(_folder["there"]), TestFolder.Hash(_folder["here"]));
        there.Remove("manifest.json");
        here.Remove("manifest.json");
        Assert.Equal(here, there);
        await silo.InterruptAsync();
        (await silo.EndAsync()).Expect(0);
    }

    public void Dispose() => _folder.Dispose();
}
