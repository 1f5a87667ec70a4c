namespace OrleansOneShot.Deployment.Tests.Support;

/// <summary>Manifests for those without Helm: a rendering without what only Helm has a use for.</summary>
internal static class PlainManifests
{
    private const string Head = """
        # A small cluster for one node (kind, minikube), without Helm: see README.md in this folder. Rendered from helm/oneshot by build/chart; change the chart instead.

        """;

    private static readonly string[] s_ofHelm = ["# Source: ", "helm.sh/chart: ", "app.kubernetes.io/managed-by: "];

    /// <summary>Makes them of a rendering.</summary>
    /// <param name="rendering">What helm wrote.</param>
    /// <returns>The file.</returns>
    public static string Of(string rendering) =>
        Head + string.Join('\n', rendering.Split('\n').Where(line => !s_ofHelm.Any(start => line.TrimStart().StartsWith(start, StringComparison.Ordinal))));
}
