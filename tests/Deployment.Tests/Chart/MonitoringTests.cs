using System.Text.RegularExpressions;
using k8s.Models;
using OrleansOneShot.Deployment.Tests.Support;

namespace OrleansOneShot.Deployment.Tests.Chart;

/// <summary>What those who watch a cluster rely on: where Prometheus scrapes, and the labels by which pages choose pods.</summary>
public sealed partial class MonitoringTests
{
    private const string PoolLabel = "oneshot/pool";

    // Pages with commands for people at night.
    private static readonly string[] s_pages = ["docs/RUNBOOKS.md", "docs/OPERATIONS.md", "helm/oneshot/README.md", "k8s/README.md"];

    [Fact]
    public async Task Monitor_ScrapesEverySilo_WithTheLabelsOfTheDashboards()
    {
        var rendering = await Rendering.OfAsync("azure-values.yaml");
        var monitor = rendering.Of<PodMonitor>().Single();
        var endpoint = Assert.Single(monitor.Spec.PodMetricsEndpoints);

        Assert.Equal("prometheus", monitor.Metadata.Labels["release"]);
        Assert.Equal(
            rendering.Silos.Select(silo => silo.Name),
            rendering.Workloads.Where(workload => workload.IsPickedBy(monitor.Spec.Selector)).Select(workload => workload.Name)
        );
        // The port is the one at which the program listens (ProgramTests), and there it answers the path.
        Assert.All(rendering.Silos, silo => Assert.Contains(endpoint.Port, silo.Container.Ports.Select(port => port.Name)));
        Assert.All(rendering.Silos, silo => Assert.Equal(endpoint.Port, silo.Container.LivenessProbe.HttpGet.Port.Value));
        Assert.Equal(200, await ProgramFacts.StatusOfAsync(endpoint.Path));
        Assert.Equal(["job", "pool", "cluster"], endpoint.Relabelings.Select(one => one.TargetLabel));
        Assert.Equal("west", endpoint.Relabelings[^1].Replacement);
        // Prometheus writes '_' for what a label of its own can't have.
        var pool = Assert.Single(endpoint.Relabelings[1].SourceLabels!);
        Assert.Equal("__meta_kubernetes_pod_label_" + PoolLabel.Replace('/', '_'), pool);
        Assert.All(rendering.Silos, silo => Assert.Equal(silo.Labels["app.kubernetes.io/component"] == "trainer", silo.Labels.ContainsKey(PoolLabel)));
    }

    [Theory]
    [InlineData("small-values.yaml")]
    [InlineData("azure-values.yaml")]
    public async Task Selectors_OfThePages_PickPodsOfTheChart(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        var selectors = s_pages
            .SelectMany(page => Selector().Matches(File.ReadAllText(Repository.PathOf(page.Split('/')))).Select(match => (page, match.Groups[1].Value)))
            .ToList();

        Assert.All(
            selectors,
            selector =>
            {
                var labels = selector.Value.Split(',').Select(label => label.Split('=')).ToDictionary(label => label[0], label => label[^1]);
                Assert.True(rendering.Workloads.Any(workload => workload.IsPickedBy(new V1LabelSelector { MatchLabels = labels })), $"{selector}");
            }
        );
        Assert.NotEmpty(selectors);
    }

    [Fact]
    public async Task Objects_OfThePages_AreThoseOfTheChart()
    {
        var names = (await Rendering.OfAsync("small-values.yaml")).Objects.Select(one => $"{one.Kind.ToLowerInvariant()}/{one.Metadata.Name}").ToHashSet();
        var named = s_pages.SelectMany(page => Object().Matches(File.ReadAllText(Repository.PathOf(page.Split('/')))).Select(match => match.Value)).ToList();

        Assert.All(named, name => Assert.Contains(name, names));
        Assert.NotEmpty(named);
    }

    // Of kubectl alone: other programs mean something else by it.
    [GeneratedRegex(@"kubectl [^|\n]*?(?:-l|--selector)[ =](\S+)")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\b(?:deployment|service|statefulset)/[a-z0-9-]+")]
    private static partial Regex Object();
}
