using System.Diagnostics;
using k8s.Models;
using OrleansOneShot.Deployment.Tests.Support;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.TestKit.Servers;
using OrleansOneShot.TestKit.Streams;
using StackExchange.Redis;

namespace OrleansOneShot.Deployment.Tests.Chart;

/// <summary>The chart's own Redis, run with the very command and files of its pod.</summary>
public sealed class BundledRedisTests
{
    private const string Password = "0123456789abcdef";

    [Fact]
    public async Task Redis_KeepsWhatItIsTold_AndAsksForItsPassword()
    {
        if (!Executables.Exist("redis-server"))
        {
            throw MissingServer.SkipOrFail("redis-server is not installed.");
        }

        var rendering = await Rendering.OfAsync("small-values.yaml");
        var container = rendering.Of<V1StatefulSet>().Single().Spec.Template.Spec.Containers.Single();
        var port = FreePort.Find();
        var folder = Directory.CreateTempSubdirectory("oneshot-chart-redis-").FullName;
        try
        {
            // Its folders, here; and another port than everybody's.
            await File.WriteAllTextAsync(Path.Combine(folder, "password"), Password, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(
                Path.Combine(folder, "redis.conf"),
                $"{rendering.Of<V1ConfigMap>().Single().Data["redis.conf"]}\nport {port}\nbind 127.0.0.1\n",
                TestContext.Current.CancellationToken
            );
            Assert.Equal(["sh", "-c"], container.Command.Take(2));
            var script = container
                .Command[2]
                .Replace("/etc/redis", folder, StringComparison.Ordinal)
                .Replace("/run/secrets/redis", folder, StringComparison.Ordinal)
                .Replace("/data", folder, StringComparison.Ordinal);
            using var redis = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true })!;
            try
            {
                var output = new LineStream(redis.StandardOutput);
                Assert.NotNull(
                    await output.FindAsync(
                        line => line.Contains("Ready to accept connections", StringComparison.Ordinal),
                        TestContext.Current.CancellationToken
                    )
                );
                await using var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port},password={Password}");

                // What serve itself asks of a Redis: no doubt, and no refusal.
                Assert.Empty((await RedisSettings.ReadAsync(connection)).Require("here", allowed: false));
                await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port},connectRetry=0"));
                // Nobody reads it among the machine's processes.
                Assert.DoesNotContain(
                    Password,
                    await File.ReadAllTextAsync($"/proc/{redis.Id}/cmdline", TestContext.Current.CancellationToken),
                    StringComparison.Ordinal
                );
            }
            finally
            {
                redis.Kill();
                await redis.WaitForExitAsync(CancellationToken.None);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
