using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansOneShot.Contracts;
using OrleansOneShot.EndToEnd.Tests.Http;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Telemetry;

/// <summary>A real Prometheus over a real silo: counts are exact, and what dashboards and alerts ask for is there.</summary>
public sealed class MetricsTests : IAsyncLifetime
{
    private const int Jobs = 2;
    private const int Steps = 3;

    private readonly HttpServer _server = new();

    // Names of others' metrics that a silo shows after a job, and "NAME # EVENT" for those that wait for an event.
    private static string[] Golden => File.ReadAllLines(Repository.PathOf("tests", "Goldens", "telemetry", "scrape-names.txt"));

    public async ValueTask InitializeAsync() => await _server.StartAsync(new Dictionary<string, string>(), "--management-urls", "http://127.0.0.1:0");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Values_AfterJobsAndAFailure_AreExactAndFillEveryPanel()
    {
        await _server.ReadyAsync();
        await using var prometheus = await PrometheusServer.StartAsync(new Uri(_server.Management).Authority);
        await prometheus.WhenAsync("oneshot_build_info", ($"contract={ContractVersion.Current} version=0.1.0", 1));
        for (var job = 0; job < Jobs; job++)
        {
            await _server.RunAsync(Steps);
        }

        await FailAsync();

        await prometheus.WhenAsync(
            "oneshot_implantations_total",
            ("error_type=invalid_input model=toyworld-64 outcome=failed", 1),
            ("error_type=none model=toyworld-64 outcome=succeeded", Jobs)
        );
        await prometheus.WhenAsync("oneshot_steps_total{phase=\"training\"}", ("model=toyworld-64 phase=training", Jobs * Steps));
        await prometheus.WhenAsync("sum(oneshot_step_duration_seconds_count{phase=\"training\"})", ("", Jobs * Steps));
        await prometheus.WhenAsync("sum(oneshot_implantation_duration_seconds_count)", ("", Jobs + 1));
        await prometheus.WhenAsync("sum(oneshot_queue_wait_duration_seconds_count)", ("", Jobs + 1));
        await prometheus.WhenAsync("oneshot_queue_depth", ("", 0));
        await prometheus.WhenAsync("oneshot_slots{state!=\"free\"}", ("state=leased", 0), ("state=lent", 0), ("state=withheld", 0));
        await prometheus.WhenAsync("sum(oneshot_implantations_active)", ("", 0));
        await prometheus.WhenAsync("sum(oneshot_checkpoint_failures_total)", ("", 0));
        await prometheus.WhenAsync("sum(oneshot_resumes_total) or vector(0)", ("", 0));
        await prometheus.WhenAsync("oneshot_slots_wanted", ("", 0));
        await prometheus.WhenAsync(
            "sum(http_server_request_duration_seconds_count{http_route=\"/v1/implantations/\", http_request_method=\"POST\"})",
            ("", Jobs + 1)
        );

        await NamesAreThoseOfTheGoldenFileAsync();
        await PanelsHaveValuesAsync(prometheus);
    }

    /// <summary>A job whose photo is none: uploaded, accepted, and refused by the trainer.</summary>
    private async Task FailAsync()
    {
        var bytes = "no picture"u8.ToArray();
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        using var put = await _server.Client.PutAsync($"/v1/blobs/{hash}", new ByteArrayContent(bytes));
        Assert.True(put.IsSuccessStatusCode);
        using var submitted = await _server.SubmitAsync(HttpServer.Request(hash, await _server.UploadAsync("cat-mask.png"), Steps));
        Assert.Equal(HttpStatusCode.Created, submitted.StatusCode);
        var id = (string)(await HttpServer.ReadAsync(submitted))["id"]!;
        await foreach (var _ in new EventReader(_server.Client, id).ReadAsync(0)) { }
        Assert.Equal("failed", (string?)(await HttpServer.ReadAsync(await _server.Client.GetAsync($"/v1/implantations/{id}")))["state"]);
    }

    private async Task NamesAreThoseOfTheGoldenFileAsync()
    {
        using var client = new HttpClient();
        var names = (await client.GetStringAsync($"{_server.Management}/metrics"))
            .Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('{', ' ')[0])
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();
        if (Environment.GetEnvironmentVariable("ONESHOT_WRITE_MONITORING") == "1")
        {
            var waiting = Golden.Where(line => line.Contains('#', StringComparison.Ordinal));
            var others = names.Where(name =>
                !name.StartsWith("oneshot_", StringComparison.Ordinal) && !waiting.Any(line => line.StartsWith(name + " ", StringComparison.Ordinal))
            );
            await File.WriteAllLinesAsync(
                Repository.PathOf("tests", "Goldens", "telemetry", "scrape-names.txt"),
                others.Concat(waiting).Order(StringComparer.Ordinal)
            );
        }

        Assert.Empty(Golden.Where(line => !line.Contains('#', StringComparison.Ordinal)).Except(names));
    }

    private static async Task PanelsHaveValuesAsync(PrometheusServer prometheus)
    {
        var (asked, empty) = (0, new List<string>());
        foreach (var file in Directory.GetFiles(Repository.PathOf("dashboards"), "*.json"))
        {
            foreach (var panel in JsonNode.Parse(await File.ReadAllTextAsync(file))!["panels"]!.AsArray().Where(panel => panel!["targets"] is not null))
            {
                var filled = false;
                foreach (var target in panel!["targets"]!.AsArray())
                {
                    asked++;
                    filled |= (await prometheus.QueryAsync(Fill((string)target!["expr"]!))).Count > 0;
                }

                // Its description says then what fills it.
                var says = (string)panel["description"]!;
                if (!filled && !says.Contains("Filled ", StringComparison.Ordinal) && !says.Contains("Empty ", StringComparison.Ordinal))
                {
                    empty.Add($"{Path.GetFileName(file)}: {panel["title"]}");
                }
            }
        }

        Assert.True(asked > 60, $"{asked}");
        Assert.Empty(empty);
    }

    private static string Fill(string expression) =>
        expression
            .Replace("$cluster", ".*", StringComparison.Ordinal)
            .Replace("$namespace", ".*", StringComparison.Ordinal)
            .Replace("$pool", ".*", StringComparison.Ordinal)
            .Replace("$__rate_interval", "1m", StringComparison.Ordinal);
}
