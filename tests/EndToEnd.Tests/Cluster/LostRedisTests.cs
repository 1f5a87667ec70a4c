using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Cluster;

/// <summary>A Redis that dies, with its data and without.</summary>
public sealed class LostRedisTests : IDisposable
{
    private const int Unreachable = 4;

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task VolatileRedis_IsRefusedAndSaysHowToStartOne()
    {
        await using var redis = await RedisServer.StartAsync(options: RedisServer.Volatile);

        var ended = (await OneShotProcess.RunAsync("serve", "--cluster", redis.Address, "--data", _folder.Data)).Expect(Unreachable);

        Assert.Equal(
            $"Redis at {redis.ConnectionString} keeps nothing on disk (appendonly no, no save rule): when it ends, all jobs are lost.\n"
                + "Start it as docs/CLUSTER.md says (redis-server docs/redis.conf), or give --allow-volatile-redis where jobs may be lost.\n",
            ended.Error
        );
    }

    [Fact]
    public async Task RedisKilledWithoutItsData_SiloEndsWith4AndFinishedJobsAreRecovered()
    {
        await using var redis = await RedisServer.StartAsync(options: RedisServer.Volatile);
        string[] cluster = ["--cluster", redis.Address, "--data", _folder.Data];
        string id;
        await using (var silo = await ServeAsync(cluster))
        {
            var job = (
                await OneShotProcess.RunAsync([.. ImplantArguments.Create(_folder.Data, steps: 2)[..^2], .. cluster, "--out", _folder.Out, "--format", "json"])
            ).Expect(0);
            id = (string)job.Document["id"]!;
            await redis.KillAsync();
            await redis.StartAsync();

            var ended = (await silo.EndAsync()).Expect(Unreachable);
            Assert.Contains(
                $"Redis at {redis.ConnectionString} has lost the data of this cluster, or was emptied, so this silo ends: nobody knows its jobs any more.\n"
                    + "Start the silos again, then list what had finished with: oneshot jobs recover --cluster ... (docs/CLUSTER.md says how a Redis keeps "
                    + "its data).\n",
                ended.Error,
                StringComparison.Ordinal
            );
            Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
        }

        await using var next = await ServeAsync(cluster);
        Assert.Contains(
            "list the finished ones again with: oneshot jobs recover",
            (await OneShotProcess.RunAsync(["jobs", "list", .. cluster])).Expect(0).Error,
            StringComparison.Ordinal
        );

        var recovered = (await OneShotProcess.RunAsync(["jobs", "recover", .. cluster, "--format", "json"])).Expect(0).Document;
        Assert.Equal([id], recovered["recovered"]!.AsArray().Select(job => (string?)job));

        Assert.Equal("Succeeded", (string?)(await OneShotProcess.RunAsync(["jobs", "show", id, .. cluster, "--format", "json"])).Expect(0).Document["state"]);
        (await OneShotProcess.RunAsync(["jobs", "download", id, .. cluster, "--out", _folder["copy"]])).Expect(0);
        Assert.Equal(TestFolder.Hash(_folder.Out), TestFolder.Hash(_folder["copy"]));
        (await OneShotProcess.RunAsync(["jobs", "delete", id, .. cluster])).Expect(0);
        Assert.False(Directory.Exists(_folder.Job(id)));
    }

    [Fact]
    public async Task RedisKilledWithItsData_JobGoesOnAndTheSiloStays()
    {
        await using var redis = await RedisServer.StartAsync();
        string[] cluster = ["--cluster", redis.Address, "--data", _folder.Data];
        await using var silo = await ServeAsync(cluster);
        await using var job = OneShotProcess.Start([.. ImplantArguments.Create(_folder.Data)[..^2], .. cluster, "--out", _folder.Out]);
        await job.TrainsAsync(4);

        await redis.KillAsync();
        await redis.StartAsync();

        (await job.EndAsync()).Expect(0);
        await silo.InterruptAsync();
        (await silo.EndAsync()).Expect(0);
    }

    [Fact]
    public async Task FollowedJobThatIsLostWithItsRedis_EndsWith4AndSaysSo()
    {
        await using var redis = await RedisServer.StartAsync(options: RedisServer.Volatile);
        string[] cluster = ["--cluster", redis.Address, "--data", _folder.Data];
        await using var silo = await ServeAsync(cluster);
        await using var job = OneShotProcess.Start([.. ImplantArguments.Create(_folder.Data, steps: 400)[..^2], .. cluster, "--out", _folder.Out]);
        await job.TrainsAsync(2);

        await redis.KillAsync();
        await redis.StartAsync();

        (await silo.EndAsync()).Expect(Unreachable);
        await using var next = await ServeAsync(cluster);
        var ended = (await job.EndAsync()).Expect(Unreachable);
        Assert.Contains(
            $"Redis at {redis.ConnectionString} has lost the data of this cluster, or was emptied: nobody knows its jobs any more.\n",
            ended.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("submit the others anew", ended.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<OneShotProcess> ServeAsync(string[] cluster)
    {
        var silo = OneShotProcess.Start(["serve", .. cluster, "--allow-volatile-redis"]);
        await silo.ReadyAsync();
        return silo;
    }
}
