using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansOneShot.Api.Management;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Silo.Telemetry;

namespace OrleansOneShot.Silo.Tests.Telemetry;

/// <summary>What Prometheus reads. The exporter is a beta: names, types, labels and buckets are pinned by a committed scrape.</summary>
public sealed partial class PrometheusPageTests
{
    private const string WriteVariable = "ONESHOT_WRITE_MONITORING";

    private static readonly string s_golden = Repository.Golden("telemetry", "scrape.txt");

    [Fact]
    public async Task Scrape_OfEveryInstrument_IsTheCommittedOne()
    {
        using var metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
        await using var server = await ManagementServer.StartAsync(["http://127.0.0.1:0"], PrometheusPage.AddTo, TestContext.Current.CancellationToken);
        var instruments = Instruments(metrics);
        using var scheduler = instruments.BeginScheduler();
        scheduler.Set(
            new SchedulerFigures
            {
                Queued = 3,
                Oldest = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
                NoneFits = 1,
                Free = 2,
                Leased = 4,
                Lent = 5,
                Withheld = 6,
            }
        );
        RecordAll(instruments);
        using var drain = instruments.BeginDrain();

        var own = (await ScrapeAsync(server)).Where(line => line.Contains("oneshot_", StringComparison.Ordinal)).Select(Settle).ToList();

        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(s_golden)!);
            await File.WriteAllLinesAsync(s_golden, own, TestContext.Current.CancellationToken);
        }

        Assert.Equal(await File.ReadAllLinesAsync(s_golden, TestContext.Current.CancellationToken), own);
        // The golden file itself must be what the table says.
        var types = own.Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal))
            .Select(line => line.Split(' '))
            .ToDictionary(part => part[2], part => part[3]);
        Assert.Equal(
            MetricTable
                .All.OrderBy(row => row.PrometheusName, StringComparer.Ordinal)
                .Select(row => (row.PrometheusName, row.Kind.ToString().ToLowerInvariant())),
            types.OrderBy(type => type.Key, StringComparer.Ordinal).Select(type => (type.Key, type.Value))
        );
        Assert.DoesNotContain(own, line => line.Contains("otel_scope", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Scrape_AfterTheSchedulerHasGone_HasNoneOfItsSeries()
    {
        using var metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
        await using var server = await ManagementServer.StartAsync(["http://127.0.0.1:0"], PrometheusPage.AddTo, TestContext.Current.CancellationToken);
        var instruments = Instruments(metrics);
        var figures = new SchedulerFigures
        {
            Queued = 3,
            Free = 1,
            Leased = 0,
            Lent = 0,
        };
        // It comes and goes; each time it counts once, and not at all in between.
        for (var time = 0; time < 3; time++)
        {
            using (var scheduler = instruments.BeginScheduler())
            {
                scheduler.Set(figures);
                Assert.Single(await ScrapeAsync(server), line => line.StartsWith("oneshot_queue_depth", StringComparison.Ordinal));
            }

            // What has ended is told once more at most, as it was at its end.
            await ScrapeAsync(server);
            Assert.DoesNotContain(
                await ScrapeAsync(server),
                line => line.StartsWith("oneshot_queue", StringComparison.Ordinal) || line.StartsWith("oneshot_slots", StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public async Task Scrape_OfOrleansMeters_DropsAddresses()
    {
        await using var server = await ManagementServer.StartAsync(["http://127.0.0.1:0"], PrometheusPage.AddTo, TestContext.Current.CancellationToken);
        using var meter = new Meter("Microsoft.Orleans");
        var pings = meter.CreateCounter<int>("orleans-messaging-pings-sent");
        pings.Add(1, new KeyValuePair<string, object?>("Destination", "S10.0.0.7:11111:1"), new KeyValuePair<string, object?>("Status", "ok"));
        pings.Add(2, new KeyValuePair<string, object?>("Destination", "S10.0.0.8:11111:1"), new KeyValuePair<string, object?>("Status", "ok"));

        var line = Assert.Single(await ScrapeAsync(server), line => line.StartsWith("orleans_messaging_pings_sent", StringComparison.Ordinal));

        Assert.StartsWith("""orleans_messaging_pings_sent_total{Status="ok"} 3""", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrape_OfTheManagementListener_CountsNoCallsOfItsOwn()
    {
        await using var server = await ManagementServer.StartAsync(["http://127.0.0.1:0"], PrometheusPage.AddTo, TestContext.Current.CancellationToken);
        using var client = new HttpClient();
        await client.GetStringAsync($"{server.Addresses.Single()}/healthz/live", TestContext.Current.CancellationToken);
        await ScrapeAsync(server);
        Assert.DoesNotContain(
            await ScrapeAsync(server),
            line =>
                line.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal) && line.Contains("healthz", StringComparison.Ordinal)
        );
    }

    private static OneShotInstruments Instruments(ServiceProvider metrics) =>
        new(
            metrics.GetRequiredService<IMeterFactory>(),
            Options.Create(new OneShotGrainsOptions { MetricModels = ["m"], Slots = [new SlotAnnouncement(0, "cuda:0", 1 << 30)] })
        );

    private static void RecordAll(OneShotInstruments instruments)
    {
        var step = new ProgressUpdate
        {
            Time = DateTimeOffset.UnixEpoch,
            Stage = JobState.Training,
            Losses = new TermLosses(0.1, 0.2, 0.3),
            StepSeconds = 0.15,
        };
        instruments.OnStage(null, JobState.Training);
        instruments.OnStep("m", step);
        instruments.OnTrained("m", step);
        instruments.OnNonFiniteStep("m");
        instruments.OnModelLoaded("m", TimeSpan.FromSeconds(3));
        instruments.OnCheckpoint(TimeSpan.FromSeconds(0.2));
        instruments.OnLeased(TimeSpan.FromSeconds(20));
        instruments.OnResumed("drained", 0);
        instruments.OnArtifact("write", "files", "ok", TimeSpan.FromSeconds(0.02));
        instruments.OnArtifactBytes("write", "files", 1000);
        instruments.OnFanOutStep(TimeSpan.FromSeconds(0.03));
        instruments.OnMemory("cuda:0", 1 << 20);
        instruments.OnEnded(
            JobKind.Implantation,
            JobState.Succeeded,
            "m",
            null,
            90,
            new JobMetrics
            {
                PrototypeSimilarity = 0.85,
                Ia = 0.65,
                Ta = 0.25,
            }
        );
        instruments.OnEnded(JobKind.Implantation, JobState.Failed, "m", new ErrorDetail(ErrorCodes.InvalidInput, "x"), null, null);
        instruments.OnEnded(JobKind.Generation, JobState.Cancelled, "elsewhere", null, null, null);
        instruments.BeginDrain().Dispose();
    }

    private static async Task<string[]> ScrapeAsync(ManagementServer server)
    {
        using var client = new HttpClient();
        return (await client.GetStringAsync($"{server.Addresses.Single()}{PrometheusPage.Path}", TestContext.Current.CancellationToken)).Split('\n');
    }

    // What is of this very moment: a time of the sample, where the exporter writes one, and the drain's.
    private static string Settle(string line) => Drain().Replace(Stamp().Replace(line, "$1"), "$1 NOW");

    [GeneratedRegex(@"^([^#].* \S+) \d{13}$")]
    private static partial Regex Stamp();

    [GeneratedRegex(@"^(oneshot_drain_started_timestamp_seconds|oneshot_drain_duration_seconds_sum)(?:\{\})? .*$")]
    private static partial Regex Drain();
}
