using System.Globalization;
using System.Text.RegularExpressions;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Contracts;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.EndToEnd.Tests.Clients;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.Recipe;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Telemetry;

/// <summary>
/// A real Prometheus over two real silos, through jobs, one that fails, a run over photos, and the death of the silo that schedules and trains. This file: the
/// schedule, and what is counted.
/// </summary>
public sealed partial class MetricsTests : IDisposable
{
    private const int Jobs = 2;
    private const int Steps = 3;

    /// <summary>Of the jobs that are under way when the silo dies: far more than it takes Prometheus to see that both train.</summary>
    private const int LongSteps = 50;

    private const string Ended = "sum by (outcome, error_type) (last_over_time(oneshot_implantations_total[1h]))";
    private const string Trained = "last_over_time(oneshot_steps_total{phase=\"training\"}[1h])";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(8);

    private readonly TestFolder _folder = new();
    private readonly CancellationTokenSource _limit = new(s_limit);

    public void Dispose()
    {
        _limit.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Values_ThroughFailureARunAndTheDeathOfASilo_AreExactAndFillEveryQuery()
    {
        await using var cluster = await TestCluster.StartAsync(2, _folder.Data, http: true, management: true);
        var scaling = Scaling.Read();
        var began = DateTimeOffset.UtcNow;
        await using var prometheus = await PrometheusServer.StartAsync(
            scaling.Namespace,
            [.. cluster.Silos.Select(silo => new PrometheusTarget(silo.Management!.Authority, scaling.PodOf(cluster, silo)))]
        );
        await prometheus.WhenAsync("oneshot_slots", ("state=free", 2), ("state=leased", 0), ("state=lent", 0), ("state=withheld", 0));
        var build = ($"contract={ContractVersion.Current} version=0.1.0", 1.0);
        await prometheus.WhenAsync("oneshot_build_info", build, build);
        var dies = await FindSchedulerAsync(cluster, prometheus, scaling);
        var stays = Assert.Single(cluster.Silos, silo => silo != dies);
        await using var client = OneShotClient.Connect(stays.Url!);
        await using var gateway = await ClusterByGateway.OpenAsync(cluster, _folder.Data);

        await RunAsync(client, gateway);
        await CountsAreExactAsync(prometheus);
        await NamesAreThoseOfTheGoldenFileAsync(cluster);

        var (dead, left) = (scaling.PodOf(cluster, dies), scaling.PodOf(cluster, stays));
        var before = (Dead: await StepsOfAsync(prometheus, dead), Left: await StepsOfAsync(prometheus, left));
        Assert.Equal((Jobs + 1) * Steps, before.Dead + before.Left);
        ImplantationHandle[] jobs = [await SubmitAsync(client, LongSteps), await SubmitAsync(client, LongSteps)];
        // Both train, all that their beginning counts has been read, and the one on the silo that dies has a checkpoint and has gone on from there.
        await prometheus.WhenAsync(
            $$"""
            label_replace(sum(oneshot_queue_wait_duration_seconds_count), "of", "waits", "", "")
              or label_replace(sum(oneshot_steps_total{pod="{{dead}}"}) > bool {{before.Dead + Defaults.CheckpointEvery}}, "of", "steps", "", "")
              or label_replace(sum(oneshot_implantations_active{state="training"}), "of", "training", "", "")
            """,
            ("of=steps", 1),
            ("of=training", jobs.Length),
            ("of=waits", Jobs + 2 + jobs.Length)
        );
        var killed = DateTimeOffset.UtcNow;
        Assert.Same(dies, await FindSchedulerAsync(cluster, prometheus, scaling));
        dies.Process.Kill();
        await Task.WhenAll(jobs.Select(job => job.GetResultAsync(_limit.Token)));

        await prometheus.WhenAsync(Ended, ("error_type=invalid_input outcome=failed", 1), ("error_type=none outcome=succeeded", Jobs + 1 + jobs.Length));
        await StepsAreCountedAsync(prometheus, jobs, (dead, before.Dead), (left, before.Left));
        await GaugesCountOnceAsync(prometheus, dead, began);
        await scaling.KeepsBusySlotsAsync(prometheus, began, killed);
        await QueriesHaveValuesAsync(prometheus);
    }

    private static async Task<TestSilo> FindSchedulerAsync(TestCluster cluster, PrometheusServer prometheus, Scaling scaling)
    {
        List<TestSilo> found = [];
        foreach (var silo in cluster.Silos)
        {
            if ((await prometheus.QueryAsync($"oneshot_queue_depth{{pod=\"{scaling.PodOf(cluster, silo)}\"}}")).Count > 0)
            {
                found.Add(silo);
            }
        }

        return Assert.Single(found);
    }

    private static async Task<double> StepsOfAsync(PrometheusServer prometheus, string pod) =>
        (await prometheus.QueryAsync($"sum(last_over_time(oneshot_steps_total{{phase=\"training\", pod=\"{pod}\"}}[1h]))"))
            .Select(one => one.Value)
            .SingleOrDefault();

    private static Client.Implantations.Implantation Cat(int steps, InputFile? photo = null) =>
        new(photo ?? Repository.Sample("cat.png"))
        {
            Objects = [new("cat", Repository.Sample("cat-mask.png"))],
            Prompts = ["a photo of <cat>"],
            Seed = 7,
            // By itself a job would try a step over the other silo's slot, or not.
            Training = new TrainingOptions
            {
                Steps = steps,
                Precision = Precision.Fp32,
                FanOut = new FanOutOptions { Mode = FanOutMode.Local },
            },
            Samples = new SampleOptions { PerPrompt = 1, Steps = 4 },
        };

    private Task<ImplantationHandle> SubmitAsync(IOneShotClient client, int steps, InputFile? photo = null) =>
        client.ImplantAsync(Cat(steps, photo), cancellationToken: _limit.Token);

    /// <summary>Jobs, one whose photo is none, and a run of a photo and of one that is not there.</summary>
    private async Task RunAsync(IOneShotClient client, IOneShotClient gateway)
    {
        var wrong = await SubmitAsync(gateway, Steps, InputFile.Of("no picture"u8.ToArray(), "wrong.png"));
        var run = await client.RunDatasetAsync(new DatasetRun("shelf", items: 2), EntriesAsync(), cancellationToken: _limit.Token);
        for (var i = 0; i < Jobs; i++)
        {
            await (await SubmitAsync(client, Steps)).GetResultAsync(_limit.Token);
        }

        Assert.Equal(ErrorCodes.InvalidInput, (await Assert.ThrowsAsync<OneShotException>(() => wrong.GetResultAsync(_limit.Token))).Code);
        var ended = await run.WaitAsync(_limit.Token);
        Assert.Equal((DatasetRunState.Finished, 1, 1), (ended.State, ended.Counts.Succeeded, ended.Counts.Failed));

        async IAsyncEnumerable<DatasetEntry> EntriesAsync()
        {
            await Task.Yield();
            yield return new DatasetEntry(0, "cat", Cat(Steps));
            yield return new DatasetEntry(1, "late", Cat(Steps, _folder["late.png"]));
        }
    }

    /// <summary>While nothing has died, sums over both silos are what was asked for, to the last one.</summary>
    private static async Task CountsAreExactAsync(PrometheusServer prometheus)
    {
        const int Succeeded = Jobs + 1;
        await prometheus.WhenAsync(Ended, ("error_type=invalid_input outcome=failed", 1), ("error_type=none outcome=succeeded", Succeeded));
        await prometheus.WhenAsync("sum by (model, phase) (oneshot_steps_total)", ("model=toyworld-64 phase=training", Succeeded * Steps));
        await prometheus.WhenAsync("sum(oneshot_step_duration_seconds_count{phase=\"training\"})", ("", Succeeded * Steps));
        await prometheus.WhenAsync("sum(oneshot_implantation_duration_seconds_count)", ("", Succeeded + 1));
        await prometheus.WhenAsync("sum(oneshot_queue_wait_duration_seconds_count)", ("", Succeeded + 1));
        await prometheus.WhenAsync("sum(oneshot_image_alignment_count)", ("", Succeeded));
        await prometheus.WhenAsync("sum by (outcome) (oneshot_dataset_items_total)", ("outcome=cancelled", 0), ("outcome=failed", 1), ("outcome=succeeded", 1));
        await prometheus.WhenAsync("oneshot_queue_depth", ("", 0));
        await prometheus.WhenAsync("oneshot_slots", ("state=free", 2), ("state=leased", 0), ("state=lent", 0), ("state=withheld", 0));
        await prometheus.WhenAsync("sum(oneshot_implantations_active)", ("", 0));
        await prometheus.WhenAsync("sum(oneshot_checkpoint_failures_total)", ("", 0));
        await prometheus.WhenAsync("sum(oneshot_leases_lost_total)", ("", 0));
        await prometheus.WhenAsync("oneshot_resumes_total");
        await prometheus.WhenAsync("oneshot_slots_wanted", ("", 0));
        await prometheus.WhenAsync(
            "sum(http_server_request_duration_seconds_count{http_route=\"/v1/implantations/\", http_request_method=\"POST\"})",
            ("", Jobs)
        );
    }

    /// <summary>
    /// What the living silo counts is exact. What the dead one did since it was last read nobody knows: between the steps that were seen and those that it can
    /// have made beyond its checkpoint.
    /// </summary>
    private async Task StepsAreCountedAsync(
        PrometheusServer prometheus,
        ImplantationHandle[] jobs,
        (string Pod, double Before) dead,
        (string Pod, double Before) left
    )
    {
        var resumed = new List<int>();
        foreach (var job in jobs)
        {
            await foreach (var progress in job.WatchAsync(cancellationToken: _limit.Token))
            {
                if (GoesOn().Match(progress.Message ?? "") is { Success: true } match)
                {
                    resumed.Add(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
                }
            }
        }

        var from = Assert.Single(resumed);
        await prometheus.WhenAsync($"sum({Trained} and on (pod) up == 1)", ("", left.Before + LongSteps + LongSteps - from));
        Assert.InRange(await StepsOfAsync(prometheus, dead.Pod) - dead.Before, Defaults.CheckpointEvery + 1, from + Defaults.CheckpointEvery);
        await prometheus.WhenAsync("sum(last_over_time(oneshot_resumes_total[1h]))", ("", 1));
        await prometheus.WhenAsync("sum(last_over_time(oneshot_leases_lost_total[1h]))", ("", 1));
        Assert.InRange(Assert.Single(await prometheus.QueryAsync("sum(last_over_time(oneshot_steps_repeated_total[1h]))")).Value, 0, Defaults.CheckpointEvery);
        // Each epoch has waited once: the first one of every job, and the second one of the job that lost its silo.
        await prometheus.WhenAsync("sum(last_over_time(oneshot_queue_wait_duration_seconds_count[1h]))", ("", Jobs + 2 + jobs.Length + 1));
    }

    private static async Task GaugesCountOnceAsync(PrometheusServer prometheus, string dead, DateTimeOffset began)
    {
        await prometheus.WhenAsync("oneshot_slots", ("state=free", 1), ("state=leased", 0), ("state=lent", 0), ("state=withheld", 0));
        await prometheus.WhenAsync("sum(oneshot_queue_depth)", ("", 0));
        await prometheus.WhenAsync("sum(oneshot_slots_wanted)", ("", 0));
        await prometheus.WhenAsync("count(oneshot_build_info)", ("", 1));
        await prometheus.WhenAsync("sum(oneshot_implantations_active)", ("", 0));
        Assert.Equal(0, Assert.Single(await prometheus.QueryAsync($"up{{pod=\"{dead}\"}}")).Value);
        // Nor did they at any second between.
        var now = DateTimeOffset.UtcNow;
        var slots = await prometheus.QueryRangeAsync("sum(oneshot_slots)", began, now);
        Assert.Equal(2, slots.Values.Max());
        Assert.All(await prometheus.QueryRangeAsync("count(oneshot_queue_depth)", began, now), second => Assert.Equal(1, second.Value));
    }

    [GeneratedRegex(@"goes on from step (\d+)\.")]
    private static partial Regex GoesOn();
}
