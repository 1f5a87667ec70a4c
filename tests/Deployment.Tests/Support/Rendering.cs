using System.Collections.Concurrent;
using k8s;
using k8s.Models;

namespace OrleansOneShot.Deployment.Tests.Support;

/// <summary>What the chart makes of one file of values.</summary>
/// <param name="Text">The manifests.</param>
internal sealed record Rendering(string Text)
{
    /// <summary>The chart's folder.</summary>
    public static readonly string Chart = Repository.PathOf("helm", "oneshot");

    /// <summary>The name of the release in all renderings.</summary>
    public const string Release = "oneshot";

    /// <summary>Where the release is in all renderings.</summary>
    public const string Namespace = "pictures";

    private static readonly Dictionary<string, Type> s_types = new(
        ModelTypes()
            .Concat([
                KeyValuePair.Create("keda.sh/v1alpha1/ScaledObject", typeof(ScaledObject)),
                KeyValuePair.Create("keda.sh/v1alpha1/ScaledJob", typeof(ScaledJob)),
                KeyValuePair.Create("monitoring.coreos.com/v1/PodMonitor", typeof(PodMonitor)),
                KeyValuePair.Create("monitoring.coreos.com/v1/PrometheusRule", typeof(PrometheusRule)),
            ])
    );

    private static readonly ConcurrentDictionary<string, Lazy<Task<Rendering>>> s_known = new();

    private readonly Lazy<IReadOnlyList<IKubernetesObject<V1ObjectMeta>>> _objects = new(() => Parse(Text));

    /// <summary>Files of values, of which each is a row of the matrix.</summary>
    public static TheoryData<string> Matrix =>
        [.. Directory.EnumerateFiles(Path.Combine(Chart, "ci"), "*-values.yaml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    /// <summary>The objects, each of its type, strictly: a field that the type lacks is an error.</summary>
    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects => _objects.Value;

    /// <summary>Pods, and what makes them.</summary>
    public IEnumerable<Workload> Workloads => Objects.Select(Workload.Of).OfType<Workload>();

    /// <summary>Silos alone.</summary>
    public IEnumerable<Workload> Silos => Workloads.Where(workload => workload.Pod.Metadata.Labels.ContainsKey("oneshot/silo"));

    /// <summary>Objects of a type.</summary>
    public IEnumerable<T> Of<T>() => Objects.OfType<T>();

    /// <summary>Renders the chart.</summary>
    /// <param name="values">A file of its folder <c>ci</c>.</param>
    /// <param name="set">What is set beside it, as <c>--set</c> takes it.</param>
    /// <returns>What came of it.</returns>
    public static Task<Rendering> OfAsync(string values, string set = "") =>
        s_known.GetOrAdd($"{values} {set}", _ => new Lazy<Task<Rendering>>(() => RenderAsync(values, set))).Value;

    /// <summary>Reads manifests strictly.</summary>
    /// <param name="text">The manifests.</param>
    /// <returns>The objects.</returns>
    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Parse(string text) =>
        [.. KubernetesYaml.LoadAllFromString(text, s_types, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()];

    private static async Task<Rendering> RenderAsync(string values, string set)
    {
        string[] arguments = ["template", Release, Chart, "--namespace", Namespace, "--values", Path.Combine(Chart, "ci", values), "--set", set];
        var said = await Tool.HelmAsync(arguments);
        Assert.True(said.ExitCode == 0, said.Error);
        return new Rendering(said.Output);
    }

    private static IEnumerable<KeyValuePair<string, Type>> ModelTypes() =>
        from type in typeof(V1Pod).Assembly.GetTypes()
        let kind = type.GetCustomAttributes(typeof(KubernetesEntityAttribute), inherit: false).Cast<KubernetesEntityAttribute>().FirstOrDefault()
        where kind is not null && type.Namespace == typeof(V1Pod).Namespace
        group type by $"{(kind.Group.Length == 0 ? "" : kind.Group + "/")}{kind.ApiVersion}/{kind.Kind}" into same
        select KeyValuePair.Create(same.Key, same.First());
}
