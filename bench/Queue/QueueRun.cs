using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Contracts;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.TestKit.Servers;
using StackExchange.Redis;

namespace OrleansOneShot.Bench.Queue;

/// <summary>Measures the queue: a Redis and silos in processes of their own, and a client here.</summary>
internal static class QueueRun
{
    private const int Few = 100;
    private const int Samples = 100;
    private const int Parallel = 16;
    private const int Slots = 4;

    // Below the limit of an owner.
    private const int JobsPerOwner = 500;

    private static readonly string s_anyHash = new('0', 64);

    /// <summary>Measures.</summary>
    /// <param name="jobs">Jobs in the queue at the second look.</param>
    /// <param name="many">Jobs of the owner with many.</param>
    /// <param name="few">Jobs of the owner with few.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<QueueLine> MeasureAsync(int jobs, int many, int few, CancellationToken cancellationToken)
    {
        var port = FreePort.Find();
        var smallPort = FreePort.Find();
        var redis = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        var smallRedis = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{smallPort}");
        var data = Directory.CreateTempSubdirectory("oneshot-queue-");
        var processes = new List<Process> { ChildProcess.StartRedis(port) };
        try
        {
            // Both sizes side by side, sample by sample: whatever else the machine does hits both alike.
            processes.Add(ChildProcess.StartRedis(smallPort));
            processes.Add(Silo(smallRedis, data, "costs", 0));
            processes.Add(Silo(redis, data, "costs", 0));
            using var smallHost = await ConnectAsync(smallRedis, "costs", cancellationToken);
            using var host = await ConnectAsync(redis, "costs", cancellationToken);
            IClusterClient[] clusters = [smallHost.Services.GetRequiredService<IClusterClient>(), host.Services.GetRequiredService<IClusterClient>()];
            var clients = clusters.Select(ClusterClient.Attach).ToArray();
            foreach (var client in clients)
            {
                // The first calls compile code and open connections.
                await SubmitAsync(client, "warm", 900, cancellationToken);
                await CancelAsync(client, "warm", cancellationToken);
                await SubmitAsync(client, "base", Few, cancellationToken);
            }

            var clock = Stopwatch.StartNew();
            for (var i = 0; i * JobsPerOwner < jobs - Few; i++)
            {
                await SubmitAsync(
                    clients[1],
                    string.Create(CultureInfo.InvariantCulture, $"owner{i}"),
                    Math.Min(JobsPerOwner, jobs - Few - (i * JobsPerOwner)),
                    cancellationToken
                );
            }

            var rate = (jobs - Few) / clock.Elapsed.TotalSeconds;
            var queues = clusters.Select(grains => grains.GetGrain<ISchedulerGrain>(0)).ToArray();
            await MediansAsync(i => EnqueueAsync(queues[i]), i => queues[i].Remove("direct"));
            var (enqueueFew, enqueueMany) = await MediansAsync(i => EnqueueAsync(queues[i]), i => queues[i].Remove("direct"));
            var (submitFew, submitMany) = await MediansAsync(
                i => clients[i].SubmitAsync(Request("sample"), cancellationToken: cancellationToken),
                _ => Task.CompletedTask
            );
            await smallHost.StopAsync(CancellationToken.None);
            await host.StopAsync(CancellationToken.None);
            await KillAsync(processes, 1);
            var reload = await ReloadAsync(redis, data, processes, cancellationToken);
            var (done, fewSeconds, allSeconds) = await FairnessAsync(redis, data, processes, many, few, cancellationToken);
            return new QueueLine
            {
                Jobs = jobs,
                EnqueueFew = enqueueFew,
                EnqueueMany = enqueueMany,
                SubmitFew = submitFew,
                SubmitMany = submitMany,
                SubmitsPerSecond = rate,
                ReloadSeconds = reload,
                FairMany = many,
                FairFew = few,
                ManyDone = done,
                FewSeconds = fewSeconds,
                AllSeconds = allSeconds,
            };
        }
        finally
        {
            await KillAsync(processes, 0);
            data.Delete(recursive: true);
        }
    }

    // Another cluster of the same service: the same grains' states without the dead silo in its membership.
    private static async Task<double> ReloadAsync(string redis, DirectoryInfo data, List<Process> processes, CancellationToken cancellationToken)
    {
        processes.Add(Silo(redis, data, "reload", 0));
        using var host = await ConnectAsync(redis, "reload", cancellationToken);
        var clock = Stopwatch.StartNew();
        await host.Services.GetRequiredService<IClusterClient>().GetGrain<ISchedulerGrain>(0).GetOutlook("none");
        var seconds = clock.Elapsed.TotalSeconds;
        await host.StopAsync(CancellationToken.None);
        await KillAsync(processes, 1);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis + ",allowAdmin=true");
        await connection.GetServers()[0].FlushAllDatabasesAsync();
        return seconds;
    }

    private static async Task<(int ManyDone, double FewSeconds, double AllSeconds)> FairnessAsync(
        string redis,
        DirectoryInfo data,
        List<Process> processes,
        int many,
        int few,
        CancellationToken cancellationToken
    )
    {
        processes.Add(Silo(redis, data, "fair", 0));
        using var host = await ConnectAsync(redis, "fair", cancellationToken);
        var client = ClusterClient.Attach(host.Services.GetRequiredService<IClusterClient>());
        var ofMany = await SubmitAsync(client, "ann", many, cancellationToken);
        var ofFew = await SubmitAsync(client, "bob", few, cancellationToken);
        processes.Add(Silo(redis, data, "fair", Slots));
        var ends = new List<DateTimeOffset>();
        foreach (var job in ofFew)
        {
            ends.Add((await job.GetResultAsync(cancellationToken)).Finished!.Value);
        }

        var others = new List<ImplantationStatus>();
        foreach (var job in ofMany)
        {
            others.Add(await job.GetResultAsync(cancellationToken));
        }

        var began = others.Min(status => status.Started!.Value);
        var failed = others.Count(status => status.State != JobState.Succeeded);
        if (failed > 0)
        {
            throw new InvalidOperationException($"{failed} jobs did not succeed.");
        }

        await host.StopAsync(CancellationToken.None);
        var last = ends.Max();
        return (
            others.Count(status => status.Finished <= last),
            (last - began).TotalSeconds,
            (others.Max(status => status.Finished!.Value) - began).TotalSeconds
        );
    }

    private static async Task<List<ClusterImplantation>> SubmitAsync(ClusterClient client, string owner, int count, CancellationToken cancellationToken)
    {
        var handles = new List<ClusterImplantation>();
        foreach (var batch in Enumerable.Range(0, count).Chunk(Parallel))
        {
            handles.AddRange(await Task.WhenAll(batch.Select(_ => client.SubmitAsync(Request(owner), cancellationToken: cancellationToken))));
        }

        return handles;
    }

    private static async Task CancelAsync(ClusterClient client, string owner, CancellationToken cancellationToken)
    {
        await foreach (var job in client.ListAsync(new JobQuery { Owner = owner }, cancellationToken))
        {
            await client.GetImplantation(job.Id).CancelAsync(cancellationToken);
        }
    }

    private static Task EnqueueAsync(ISchedulerGrain queue) => queue.Enqueue(new QueueEntry("direct", "direct", 0, DateTimeOffset.UtcNow));

    private static async Task<(double Few, double Many)> MediansAsync(Func<int, Task> call, Func<int, Task> undo)
    {
        List<double>[] times =
        [
            [],
            [],
        ];
        for (var i = 0; i < 2 * Samples; i++)
        {
            var clock = Stopwatch.StartNew();
            await call(i % 2);
            times[i % 2].Add(clock.Elapsed.TotalMilliseconds);
            await undo(i % 2);
        }

        return (times[0].Order().ElementAt(Samples / 2), times[1].Order().ElementAt(Samples / 2));
    }

    private static ImplantationRequest Request(string owner) =>
        new()
        {
            Name = "bench",
            Owner = owner,
            Image = s_anyHash,
            Objects =
            [
                new ObjectSpec
                {
                    Class = "object",
                    Token = "<object>",
                    Mask = s_anyHash,
                },
            ],
            Model = new ModelReference { Name = "stub" },
        };

    private static async Task<IHost> ConnectAsync(string redis, string cluster, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            client.UseRedisClustering(clustering => clustering.ConfigurationOptions = ConfigurationOptions.Parse(redis));
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (ContractVersion.ClusterIdOf(cluster), "oneshot"));
        });
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }

    private static Process Silo(string redis, DirectoryInfo data, string cluster, int slots) =>
        ChildProcess.StartSelf(["queue-silo", redis, data.FullName, cluster, slots.ToString(CultureInfo.InvariantCulture)]);

    private static async Task KillAsync(List<Process> processes, int from)
    {
        while (processes.Count > from)
        {
            using var process = processes[^1];
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            processes.RemoveAt(processes.Count - 1);
        }
    }
}
