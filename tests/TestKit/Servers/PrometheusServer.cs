using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOneShot.TestKit.Streams;

namespace OrleansOneShot.TestKit.Servers;

/// <summary>A real Prometheus that scrapes every second, with the rules of the repository, and goes with its test.</summary>
public sealed class PrometheusServer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Process _process;
    private readonly HttpClient _client;

    private PrometheusServer(string folder, Process process, HttpClient client) => (_folder, _process, _client) = (folder, process, client);

    /// <summary>Starts one. Without prometheus on the machine the test is skipped; where servers are required, it fails.</summary>
    /// <param name="targets">What it scrapes, each as HOST:PORT.</param>
    public static async Task<PrometheusServer> StartAsync(params string[] targets)
    {
        if (!Executables.Exist("prometheus"))
        {
            throw MissingServer.SkipOrFail("prometheus is not installed.");
        }

        var folder = Directory.CreateTempSubdirectory("oneshot-prometheus-").FullName;
        var configuration = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            global:
              scrape_interval: 1s
              evaluation_interval: 1s
            rule_files:
              - {{Repository.PathOf("dashboards", "prometheus", "*.rules.yml")}}
            scrape_configs:
              - job_name: oneshot
                static_configs:
                  - targets: [{{string.Join(", ", targets.Select(target => $"'{target}'"))}}]
                    labels: { cluster: here, namespace: test, pool: all }
            """
        );
        var port = FreePort.Find();
        var process = Process.Start(
            new ProcessStartInfo(
                "prometheus",
                [$"--config.file={configuration}", $"--storage.tsdb.path={folder}/data", $"--web.listen-address=127.0.0.1:{port}"]
            )
            {
                RedirectStandardError = true,
            }
        )!;
        var said = new LineStream(process.StandardError);
        if (await said.FindAsync(line => line.Contains("Server is ready", StringComparison.Ordinal), TestContext.Current.CancellationToken) is null)
        {
            throw new InvalidOperationException($"prometheus ended before it was ready: {await said.ToEndAsync(TestContext.Current.CancellationToken)}");
        }

        return new PrometheusServer(folder, process, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") });
    }

    /// <summary>The values of an expression now.</summary>
    /// <param name="expression">PromQL.</param>
    /// <returns>Labels, without those of the target, and value of each series, in order.</returns>
    public async Task<IReadOnlyList<(string Labels, double Value)>> QueryAsync(string expression)
    {
        using var answer = await _client.PostAsync(
            "/api/v1/query",
            new FormUrlEncodedContent([KeyValuePair.Create("query", expression)]),
            TestContext.Current.CancellationToken
        );
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var document = JsonNode.Parse(text)!;
        Assert.True((string?)document["status"] == "success", $"{expression}: {text}");
        string[] target = ["__name__", "cluster", "namespace", "pool", "instance", "job"];
        return
        [
            .. document["data"]!["result"]!
                .AsArray()
                .Select(series =>
                    (
                        string.Join(
                            ' ',
                            series!["metric"]!.AsObject().Where(label => !target.Contains(label.Key)).Select(label => $"{label.Key}={label.Value}")
                        ),
                        double.Parse((string)series["value"]![1]!, CultureInfo.InvariantCulture)
                    )
                )
                .OrderBy(series => series.Item1, StringComparer.Ordinal),
        ];
    }

    /// <summary>Waits until an expression has exactly some values.</summary>
    /// <param name="expression">PromQL.</param>
    /// <param name="expected">The values, by their labels.</param>
    public async Task WhenAsync(string expression, params (string Labels, double Value)[] expected)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var values = await QueryAsync(expression);
            if (values.SequenceEqual(expected))
            {
                return;
            }

            Assert.False(limit.IsCancellationRequested, $"{expression} is {string.Join("; ", values)}");
            await Task.Yield();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
