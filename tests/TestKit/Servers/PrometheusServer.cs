using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOneShot.TestKit.Streams;

namespace OrleansOneShot.TestKit.Servers;

/// <summary>What a Prometheus scrapes, with the labels that a PodMonitor would give it.</summary>
/// <param name="Address">HOST:PORT of a management listener.</param>
/// <param name="Pod">Name of its pod.</param>
public sealed record PrometheusTarget(string Address, string Pod);

/// <summary>A rule that a Prometheus has loaded.</summary>
/// <param name="Name">The alert's name, or that of the series it records.</param>
/// <param name="IsAlert">Whether it is an alert.</param>
/// <param name="Expression">PromQL, as Prometheus writes it.</param>
/// <param name="Error">Why it could not be evaluated; empty: it could.</param>
public sealed record PrometheusRule(string Name, bool IsAlert, string Expression, string Error);

/// <summary>A real Prometheus that scrapes every second, with the rules of the repository, and goes with its test.</summary>
public sealed class PrometheusServer : IAsyncDisposable
{
    private static readonly string[] s_targetLabels = ["__name__", "cluster", "namespace", "pool", "pod", "instance", "job"];

    private readonly string _folder;
    private readonly Process _process;
    private readonly HttpClient _client;

    private PrometheusServer(string folder, Process process, HttpClient client) => (_folder, _process, _client) = (folder, process, client);

    /// <summary>Starts one. Without prometheus on the machine the test is skipped; where servers are required, it fails.</summary>
    /// <param name="namespace">The label of all series that a release's namespace makes.</param>
    /// <param name="targets">What it scrapes.</param>
    public static async Task<PrometheusServer> StartAsync(string @namespace, params IReadOnlyList<PrometheusTarget> targets)
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
              - {{folder}}/*.rules.yml
            scrape_configs:
              - job_name: oneshot
                static_configs:
            {{string.Join(
                '\n',
                targets.Select(target =>
                    $$"""
                          - targets: ['{{target.Address}}']
                            labels: { cluster: here, namespace: {{@namespace}}, pool: cpu, pod: {{target.Pod}} }
                    """
                )
            )}}
            """
        );
        foreach (var rules in Directory.GetFiles(Repository.PathOf("dashboards", "prometheus"), "*.rules.yml"))
        {
            // Nobody here waits a minute for what is recorded every minute.
            await File.WriteAllTextAsync(
                Path.Combine(folder, Path.GetFileName(rules)),
                (await File.ReadAllTextAsync(rules)).Replace("interval: 1m", "interval: 1s", StringComparison.Ordinal)
            );
        }

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
        var data = await AskAsync("query", KeyValuePair.Create("query", expression));
        return
        [
            .. data["result"]!
                .AsArray()
                .Select(series =>
                    (
                        string.Join(
                            ' ',
                            series!["metric"]!.AsObject().Where(label => !s_targetLabels.Contains(label.Key)).Select(label => $"{label.Key}={label.Value}")
                        ),
                        Number((string)series["value"]![1]!)
                    )
                )
                .OrderBy(series => series.Item1, StringComparer.Ordinal),
        ];
    }

    /// <summary>The values of an expression that has one series, at every second of a time.</summary>
    /// <param name="expression">PromQL.</param>
    /// <param name="from">Begin.</param>
    /// <param name="to">End.</param>
    /// <returns>Values by seconds since 1970; a second without one is left out.</returns>
    public async Task<IReadOnlyDictionary<long, double>> QueryRangeAsync(string expression, DateTimeOffset from, DateTimeOffset to)
    {
        var data = await AskAsync(
            "query_range",
            KeyValuePair.Create("query", expression),
            KeyValuePair.Create("start", $"{from.ToUnixTimeSeconds()}"),
            KeyValuePair.Create("end", $"{to.ToUnixTimeSeconds()}"),
            KeyValuePair.Create("step", "1")
        );
        var series = data["result"]!.AsArray();
        Assert.True(series.Count <= 1, $"{expression} has {series.Count} series.");
        return series.SelectMany(one => one!["values"]!.AsArray()).ToDictionary(point => (long)point![0]!, point => Number((string)point![1]!));
    }

    /// <summary>The rules that it has loaded.</summary>
    public async Task<IReadOnlyList<PrometheusRule>> GetRulesAsync() =>
        [
            .. (await AskAsync("rules"))["groups"]!
                .AsArray()
                .SelectMany(group => group!["rules"]!.AsArray())
                .Select(rule => new PrometheusRule(
                    (string)rule!["name"]!,
                    (string?)rule["type"] == "alerting",
                    (string)rule["query"]!,
                    (string?)rule["lastError"] ?? ""
                )),
        ];

    /// <summary>Waits until an expression has exactly some values.</summary>
    /// <param name="expression">PromQL.</param>
    /// <param name="expected">The values, by their labels.</param>
    public async Task WhenAsync(string expression, params (string Labels, double Value)[] expected)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (true)
        {
            var values = await QueryAsync(expression);
            if (values.SequenceEqual(expected))
            {
                return;
            }

            Assert.False(limit.IsCancellationRequested, $"{expression} is {string.Join("; ", values)}");
            // It scrapes each second, and nobody tells when: to ask without a pause would take the processor from those who are measured.
            await Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
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

    private static double Number(string text) =>
        text switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => double.Parse(text, CultureInfo.InvariantCulture),
        };

    // By GET: "rules" takes nothing else.
    private async Task<JsonNode> AskAsync(string path, params IEnumerable<KeyValuePair<string, string>> arguments)
    {
        var query = string.Join('&', arguments.Select(argument => $"{argument.Key}={Uri.EscapeDataString(argument.Value)}"));
        using var answer = await _client.GetAsync(new Uri($"/api/v1/{path}?{query}", UriKind.Relative), TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{path}?{query}: {text}");
        return JsonNode.Parse(text)!["data"]!;
    }
}
