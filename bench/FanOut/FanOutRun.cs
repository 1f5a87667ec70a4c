using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Storage;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Bench.FanOut;

/// <summary>One measurement: a Redis, silos in processes of their own, and a job whose manifest holds the figures.</summary>
internal static class FanOutRun
{
    private static readonly string s_anyHash = new('0', 64);

    /// <summary>Measures.</summary>
    /// <param name="setting">What.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<FanOutLine> MeasureAsync(FanOutSetting setting, CancellationToken cancellationToken)
    {
        var port = FreePort.Find();
        var data = Directory.CreateTempSubdirectory("oneshot-fan-out-");
        var processes = new List<Process> { ChildProcess.StartRedis(port) };
        try
        {
            var redis = $"127.0.0.1:{port}";
            for (var i = 0; i < setting.Silos; i++)
            {
                processes.Add(
                    ChildProcess.StartSelf([
                        "fan-out-silo",
                        redis,
                        data.FullName,
                        Text(setting.Silos),
                        Text(setting.Terms),
                        Text(setting.Steps),
                        setting.TermSeconds.ToString(CultureInfo.InvariantCulture),
                    ])
                );
            }

            await using var client = await ClusterClient.ConnectAsync(
                new ClusterClientOptions { Redis = redis, ClusterId = ClusterSiloOptions.DefaultClusterId },
                cancellationToken
            );
            var job = await client.SubmitAsync(
                new ImplantationRequest
                {
                    Name = "bench",
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
                },
                cancellationToken: cancellationToken
            );
            var status = await job.GetResultAsync(cancellationToken);
            if (status.State != JobState.Succeeded)
            {
                throw new InvalidOperationException($"The job ended as {status.State}: {status.Error?.Message}");
            }

            var manifest = JsonNode
                .Parse(await File.ReadAllTextAsync(Path.Combine(data.FullName, StorePaths.Manifest(status.Id)), cancellationToken))!
                .AsObject();
            return Line(setting, manifest);
        }
        finally
        {
            foreach (var process in processes.AsEnumerable().Reverse())
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
                process.Dispose();
            }

            data.Delete(recursive: true);
        }
    }

    private static FanOutLine Line(FanOutSetting setting, JsonObject figures)
    {
        var step = figures["step_seconds"]!.GetValue<double>();
        var speedup = setting.Terms * setting.TermSeconds / step;

        // The share of a step in which no term of the longest row of terms is evaluated.
        var longest = (setting.Terms + setting.Silos - 1) / setting.Silos * setting.TermSeconds;
        return new FanOutLine(
            setting.Silos,
            setting.Terms,
            step,
            speedup,
            speedup / setting.Silos,
            (step - longest) / step,
            figures["transfer_seconds"]?.GetValue<double>(),
            figures["bytes_sent"]!.GetValue<long>(),
            figures["bytes_received"]!.GetValue<long>(),
            Auto(setting, figures)
        );
    }

    // A device that takes as long for a batch as for its terms one by one.
    private static string Auto(FanOutSetting setting, JsonObject figures)
    {
        var (spread, reason) = FanOutChoice.Decide(
            new FanOutMeasurements
            {
                Terms = setting.Terms,
                Workers = setting.Silos - 1,
                StepSeconds = setting.Terms * setting.TermSeconds,
                TermSeconds = setting.TermSeconds,
                TransferSeconds = figures["transfer_seconds"]?.GetValue<double>(),
                ReduceSeconds = figures["sum_seconds"]!.GetValue<double>(),
                PayloadBytes = StubEngine.PayloadBytes,
                AnswerBytes = StubEngine.PayloadBytes,
            }
        );
        return $"{(spread ? "synchronous" : "local")}: {reason}";
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
