using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Telemetry;

/// <content>What dashboards, rules and alerts ask for is there; what is not is named with the event that fills it, and filled by promtool's tests.</content>
public sealed partial class MetricsTests
{
    // Names of others' metrics that silos show after a job, and "NAME # EVENT" for those that wait for an event.
    private static readonly string s_names = Repository.Golden("telemetry", "scrape-names.txt");

    // "NAME: EVENT" of each query that is empty after the schedule, with series by which promtool fills it: tests/Monitoring.Tests writes and runs it.
    private static readonly string s_filled = Repository.PathOf("dashboards", "prometheus", "tests", "oneshot-panels.test.yml");

    // As s_filled, and of the alerts that are quiet after the schedule "NAME fires EVENT".
    private static readonly string s_alerts = Repository.PathOf("dashboards", "prometheus", "tests", "oneshot-alerts.test.yml");

    private static async Task NamesAreThoseOfTheGoldenFileAsync(TestCluster cluster)
    {
        using var client = new HttpClient();
        var pages = await Task.WhenAll(cluster.Silos.Select(silo => client.GetStringAsync(new Uri(silo.Management!, "/metrics"))));
        var names = pages
            .SelectMany(page => page.Split('\n'))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('{', ' ')[0])
            .Distinct()
            .ToList();
        var golden = await File.ReadAllLinesAsync(s_names);
        if (Environment.GetEnvironmentVariable("ONESHOT_WRITE_MONITORING") == "1")
        {
            var waiting = golden.Where(line => line.Contains('#', StringComparison.Ordinal)).ToList();
            var others = names.Where(name =>
                !name.StartsWith("oneshot_", StringComparison.Ordinal) && !waiting.Any(line => line.StartsWith(name + " ", StringComparison.Ordinal))
            );
            golden = [.. others.Concat(waiting).Order(StringComparer.Ordinal)];
            await File.WriteAllLinesAsync(s_names, golden);
        }

        Assert.Empty(golden.Where(line => !line.Contains('#', StringComparison.Ordinal)).Except(names));
    }

    private static async Task QueriesHaveValuesAsync(PrometheusServer prometheus)
    {
        var filled = await NamesOfAsync(s_filled);
        var (asked, wrong) = (0, new List<string>());
        foreach (var file in Directory.GetFiles(Repository.PathOf("dashboards"), "*.json"))
        {
            foreach (var panel in JsonNode.Parse(await File.ReadAllTextAsync(file))!["panels"]!.AsArray().Where(panel => panel!["targets"] is not null))
            {
                foreach (var target in panel!["targets"]!.AsArray())
                {
                    asked++;
                    var name = $"{Path.GetFileNameWithoutExtension(file)}, {panel["title"]}, {target!["legendFormat"]}: ";
                    var test = filled.SingleOrDefault(test => test.StartsWith(name, StringComparison.Ordinal));
                    if (test?.StartsWith(name + "chance, ", StringComparison.Ordinal) != true && await HasValuesAsync(prometheus, target) == test is not null)
                    {
                        wrong.Add($"{name}{(test is null ? "is empty, and no test of promtool fills it" : "has values: it needs no test of promtool")}");
                    }
                }
            }
        }

        Assert.True(asked > 60, $"{asked}");
        var rules = await prometheus.GetRulesAsync();
        Assert.All(rules, rule => Assert.True(rule.Error.Length == 0, $"{rule.Name}: {rule.Error}"));
        var alerts = await NamesOfAsync(s_alerts);
        foreach (var rule in rules)
        {
            var (has, expected) = ((await prometheus.QueryAsync(rule.Expression)).Any(IsNumber), !rule.IsAlert || rule.Name == "OneShotTargetDown");
            if (has != expected || (!expected && !alerts.Any(test => test.StartsWith($"{rule.Name} fires ", StringComparison.Ordinal))))
            {
                wrong.Add($"{rule.Name} {(has ? "has values" : "is empty")}");
            }
        }

        Assert.Equal((13, 6), (rules.Count(rule => rule.IsAlert), rules.Count(rule => !rule.IsAlert)));
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // All of a schedule is within ten minutes. What stands in for no value is none.
    private static async Task<bool> HasValuesAsync(PrometheusServer prometheus, JsonNode target) =>
        (
            await prometheus.QueryAsync(
                ((string)target["expr"]!)
                    .Replace("$cluster", ".*", StringComparison.Ordinal)
                    .Replace("$namespace", ".*", StringComparison.Ordinal)
                    .Replace("$pool", ".*", StringComparison.Ordinal)
                    .Replace("$__rate_interval", "10m", StringComparison.Ordinal)
                    .Replace(" or vector(0)", "", StringComparison.Ordinal)
            )
        ).Any(IsNumber);

    private static bool IsNumber((string Labels, double Value) one) => !double.IsNaN(one.Value);

    private static async Task<IReadOnlyList<string>> NamesOfAsync(string file) =>
        [.. TestName().Matches(await File.ReadAllTextAsync(file)).Select(match => match.Groups[1].Value)];

    [GeneratedRegex(@"(?m)^  - name: ['""]?(.*?)['""]?$")]
    private static partial Regex TestName();
}
