using System.CommandLine;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansOneShot.Api.Management;
using OrleansOneShot.Bench.Slots;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Silo.Telemetry;

namespace OrleansOneShot.Bench.Telemetry;

/// <summary>
/// <c>bench telemetry</c>: what it costs to count and time a training step, with and without a listener, what that is of a job, and what a scrape costs.
/// </summary>
internal static class TelemetryCommand
{
    private const int Steps = 1_000_000;
    private const int Tries = 5;

    private static readonly ProgressUpdate s_step = new()
    {
        Time = DateTimeOffset.UnixEpoch,
        Stage = JobState.Training,
        Losses = new TermLosses(0.1, 0.2, 0.3),
        StepSeconds = 0.15,
    };

    public static Command Create()
    {
        var command = new Command("telemetry", "Nanoseconds that one step's metrics take, their share of a toy job, a span's, and a scrape's milliseconds");
        command.SetAction(async (_, cancellationToken) => Console.WriteLine(JsonSerializer.Serialize(await RunAsync(cancellationToken))));
        return command;
    }

    private static async Task<TelemetryLine> RunAsync(CancellationToken cancellationToken)
    {
        using var metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var instruments = new OneShotInstruments(
            metrics.GetRequiredService<IMeterFactory>(),
            Options.Create(new OneShotGrainsOptions { MetricModels = ["toyworld-64"] })
        );
        var unheard = Best(() => instruments.OnStep("toyworld-64", s_step));
        await using var server = await ManagementServer.StartAsync(["http://127.0.0.1:0"], PrometheusPage.AddTo, cancellationToken);
        var heard = Best(() => instruments.OnStep("toyworld-64", s_step));
        using var source = new ActivitySource("bench");
        using var listener = new ActivityListener
        {
            ShouldListenTo = one => one == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var span = Best(() => source.StartActivity("step")?.SetTag("oneshot.job", "j").SetTag("oneshot.epoch", 1).Dispose());

        using var client = new HttpClient();
        var url = $"{server.Addresses.Single()}{PrometheusPage.Path}";
        var bytes = (await client.GetByteArrayAsync(url, cancellationToken)).Length;
        var scrapes = new List<double>();
        for (var i = 0; i < Tries; i++)
        {
            var began = Stopwatch.GetTimestamp();
            await client.GetByteArrayAsync(url, cancellationToken);
            scrapes.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        var job = SlotsCommand.Measure(jobs: 1, "cpu", steps: null);
        return new TelemetryLine(
            Math.Round(unheard, 1),
            Math.Round(heard, 1),
            Math.Round(span, 1),
            Math.Round(scrapes.Min(), 2),
            bytes,
            job.Steps,
            job.Seconds,
            100 * heard * job.Steps / (job.Seconds * 1e9)
        );
    }

    private static double Best(Action step)
    {
        var best = double.MaxValue;
        for (var i = 0; i < Tries; i++)
        {
            var began = Stopwatch.GetTimestamp();
            for (var done = 0; done < Steps; done++)
            {
                step();
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalNanoseconds / Steps);
        }

        return best;
    }

    private sealed record TelemetryLine(
        double StepNanosecondsUnheard,
        double StepNanoseconds,
        double SpanNanoseconds,
        double ScrapeMilliseconds,
        int ScrapeBytes,
        int JobSteps,
        double JobSeconds,
        double StepsPercentOfJob
    );
}
