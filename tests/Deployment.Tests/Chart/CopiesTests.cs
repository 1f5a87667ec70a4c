using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansOneShot.Deployment.Tests.Support;

namespace OrleansOneShot.Deployment.Tests.Chart;

/// <summary>
/// What is made of something else says the same as that: k8s/oneshot.yaml of the chart, the chart's README of its values, its files of their originals, and the
/// query of scaling that EndToEnd.Tests evaluates.
/// <c>build/chart</c> makes all of it anew.
/// </summary>
public sealed class CopiesTests
{
    private const string Renew = "ONESHOT_WRITE_DEPLOYMENT";

    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    // (original folder, pattern, the chart's folder)
    private static readonly (string From, string Pattern, string To)[] s_copies =
    [
        ("docs", "redis.conf", ""),
        ("dashboards", "*.json", "dashboards"),
        (Path.Combine("dashboards", "prometheus"), "*.rules.yml", "rules"),
    ];

    [Fact]
    public async Task PlainManifests_AreTheChartWithSmallValues()
    {
        var said = await Tool.HelmAsync(
            "template",
            Rendering.Release,
            Rendering.Chart,
            "--skip-tests",
            "--values",
            Path.Combine(Rendering.Chart, "ci", "small-values.yaml")
        );
        Assert.True(said.ExitCode == 0, said.Error);

        AssertSame(Repository.PathOf("k8s", "oneshot.yaml"), PlainManifests.Of(said.Output));
    }

    [Fact]
    public void Readme_TellsAllValues()
    {
        var file = Path.Combine(Rendering.Chart, "README.md");

        AssertSame(file, ValuesTable.PutInto(File.ReadAllText(file), File.ReadAllLines(Path.Combine(Rendering.Chart, "values.yaml"))));
    }

    [Fact]
    public void Files_OfTheChart_AreTheirOriginals()
    {
        foreach (var (from, pattern, to) in s_copies)
        {
            var originals = Directory.Exists(Repository.PathOf(from)) ? Directory.GetFiles(Repository.PathOf(from), pattern) : [];
            var folder = Path.Combine(Rendering.Chart, "files", to);
            foreach (var original in originals)
            {
                AssertSame(Path.Combine(folder, Path.GetFileName(original)), File.ReadAllText(original));
            }

            Assert.Equal(
                originals.Select(Path.GetFileName).Order(StringComparer.Ordinal),
                Directory.GetFiles(folder, pattern).Select(Path.GetFileName).Order(StringComparer.Ordinal)
            );
        }
    }

    // No helm is needed where real silos are scraped, and nobody types what KEDA asks a second time.
    [Fact]
    public async Task Scaling_OfTheGoldens_IsThatOfTheChart()
    {
        var scaled = (await Rendering.OfAsync("azure-values.yaml")).Of<ScaledObject>().Single().Spec;
        var trigger = Assert.Single(scaled.Triggers);
        var scaling = new
        {
            Rendering.Namespace,
            Target = scaled.ScaleTargetRef.Name,
            Query = trigger.Metadata["query"],
            Threshold = int.Parse(trigger.Metadata["threshold"], System.Globalization.CultureInfo.InvariantCulture),
            MinReplicas = scaled.MinReplicaCount,
            MaxReplicas = scaled.MaxReplicaCount,
        };

        Assert.Equal("AverageValue", trigger.MetricType);
        AssertSame(Repository.Golden("telemetry", "scaling.json"), JsonSerializer.Serialize(scaling, s_json) + "\n");
    }

    private static void AssertSame(string file, string expected)
    {
        if (Environment.GetEnvironmentVariable(Renew) == "1")
        {
            File.WriteAllText(file, expected);
        }

        Assert.True(File.Exists(file) && File.ReadAllText(file) == expected, $"{Path.GetRelativePath(Repository.Root, file)} is out of step: run build/chart.");
    }
}
