using System.Xml.Linq;
using k8s.Models;
using OrleansOneShot.Deployment.Tests.Support;

namespace OrleansOneShot.Deployment.Tests.Chart;

/// <summary>The chart by helm's own rules, by Kubernetes' types and by the program's version.</summary>
public sealed class ChartTests
{
    public static TheoryData<string> Matrix => Rendering.Matrix;

    [Fact]
    public async Task Lint_WithoutValues_FindsNothing() => AssertClean(await Tool.HelmAsync("lint", Rendering.Chart));

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Lint_WithValues_FindsNothing(string values) =>
        AssertClean(await Tool.HelmAsync("lint", Rendering.Chart, "--strict", "--values", Path.Combine(Rendering.Chart, "ci", values)));

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Objects_OfEachRendering_AreWhatKubernetesTakes(string values)
    {
        var rendering = await Rendering.OfAsync(values);

        Assert.NotEmpty(rendering.Of<V1Deployment>());
        Assert.All(rendering.Objects, one => Assert.False(string.IsNullOrEmpty(one.Metadata?.Name), $"A {one.Kind} has no name."));
        Assert.All(rendering.Objects, one => Assert.True(one.Metadata.Name.Length <= 63, one.Metadata.Name));
        Assert.Distinct(rendering.Objects.Select(one => $"{one.ApiVersion} {one.Kind} {one.Metadata.Name}"));
        Assert.All(
            rendering.Objects,
            one =>
            {
                Assert.Equal(Rendering.Release, one.Metadata.Labels["app.kubernetes.io/instance"]);
                // Where it is applied decides; a name here would only be wrong elsewhere.
                Assert.Null(one.Metadata.NamespaceProperty);
            }
        );
    }

    [Theory]
    [InlineData("spec: {replica: 1}")] // of a Deployment
    [InlineData("spec: {template: {spec: {containers: [{name: x, livenesProbe: {}}]}}}")]
    [InlineData("spec: {replicas: many}")]
    [InlineData("labels: {}")]
    public void Parse_OfAFieldThatKubernetesLacks_IsRefused(string wrong) =>
        Assert.ThrowsAny<Exception>(() => Rendering.Parse($"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: x}}\n{wrong}\n"));

    [Fact]
    public void Parse_OfAFieldThatKedaLacks_IsRefused() =>
        Assert.ThrowsAny<Exception>(() => Rendering.Parse("apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: x}\nspec: {minReplicas: 1}\n"));

    [Fact]
    public void Version_IsThatOfTheProgram()
    {
        var version = XDocument.Load(Repository.PathOf("Directory.Build.props")).Descendants("Version").Single().Value;
        var chart = File.ReadAllLines(Path.Combine(Rendering.Chart, "Chart.yaml"));

        Assert.Contains($"version: {version}", chart);
        Assert.Contains($"appVersion: {version}", chart);
    }

    private static void AssertClean(Tool.Said said)
    {
        Assert.True(said.ExitCode == 0, said.Output + said.Error);
        Assert.DoesNotContain("[WARNING]", said.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("[ERROR]", said.Output, StringComparison.Ordinal);
    }
}
