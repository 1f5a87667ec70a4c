using k8s;
using k8s.Models;
using YamlDotNet.Serialization;

namespace OrleansOneShot.Deployment.Tests.Support;

/// <summary>A resource of KEDA or of Prometheus' operator: the fields of their documentation that the chart uses, and no others.</summary>
/// <typeparam name="T">Its specification.</typeparam>
internal abstract class CustomResource<T> : IKubernetesObject<V1ObjectMeta>
    where T : class
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public T Spec { get; set; } = null!;
}

/// <summary>https://keda.sh/docs/latest/reference/scaledobject-spec</summary>
internal sealed class ScaledObject : CustomResource<ScaledObjectSpec>;

internal sealed class ScaledObjectSpec
{
    public NamedReference ScaleTargetRef { get; set; } = new();

    public int PollingInterval { get; set; }

    public int MinReplicaCount { get; set; }

    public int MaxReplicaCount { get; set; }

    public ScalingFallback Fallback { get; set; } = new();

    public ScalingAdvanced Advanced { get; set; } = new();

    public List<ScalingTrigger> Triggers { get; set; } = [];
}

internal sealed class NamedReference
{
    public string Name { get; set; } = "";
}

internal sealed class ScalingFallback
{
    public int FailureThreshold { get; set; }

    public int Replicas { get; set; }

    public string Behavior { get; set; } = "";
}

internal sealed class ScalingAdvanced
{
    public ScalingAutoscaler HorizontalPodAutoscalerConfig { get; set; } = new();
}

internal sealed class ScalingAutoscaler
{
    public V2HorizontalPodAutoscalerBehavior Behavior { get; set; } = new();
}

internal sealed class ScalingTrigger
{
    public string Type { get; set; } = "";

    public string MetricType { get; set; } = "";

    /// <summary>Texts all: KEDA refuses numbers and truth values here.</summary>
    public Dictionary<string, string> Metadata { get; set; } = [];

    public NamedReference? AuthenticationRef { get; set; }
}

/// <summary>https://keda.sh/docs/latest/reference/scaledjob-spec</summary>
internal sealed class ScaledJob : CustomResource<ScaledJobSpec>;

internal sealed class ScaledJobSpec
{
    public V1JobSpec JobTargetRef { get; set; } = new();

    public int PollingInterval { get; set; }

    public int MinReplicaCount { get; set; }

    public int MaxReplicaCount { get; set; }

    public int SuccessfulJobsHistoryLimit { get; set; }

    public int FailedJobsHistoryLimit { get; set; }

    public ScalingStrategy Rollout { get; set; } = new();

    public ScalingStrategy ScalingStrategy { get; set; } = new();

    public List<ScalingTrigger> Triggers { get; set; } = [];
}

internal sealed class ScalingStrategy
{
    public string Strategy { get; set; } = "";
}

/// <summary>https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor</summary>
internal sealed class PodMonitor : CustomResource<PodMonitorSpec>;

internal sealed class PodMonitorSpec
{
    public V1LabelSelector Selector { get; set; } = new();

    public List<PodMetricsEndpoint> PodMetricsEndpoints { get; set; } = [];
}

internal sealed class PodMetricsEndpoint
{
    public string Port { get; set; } = "";

    public string Path { get; set; } = "";

    public string Interval { get; set; } = "";

    public List<Relabeling> Relabelings { get; set; } = [];
}

internal sealed class Relabeling
{
    public string Action { get; set; } = "";

    public List<string>? SourceLabels { get; set; }

    public string TargetLabel { get; set; } = "";

    public string? Replacement { get; set; }
}

/// <summary>https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule</summary>
internal sealed class PrometheusRule : CustomResource<PrometheusRuleSpec>;

internal sealed class PrometheusRuleSpec
{
    public List<RuleGroup> Groups { get; set; } = [];
}

internal sealed class RuleGroup
{
    public string Name { get; set; } = "";

    public string? Interval { get; set; }

    public List<Rule> Rules { get; set; } = [];
}

internal sealed class Rule
{
    public string? Record { get; set; }

    public string? Alert { get; set; }

    public string Expr { get; set; } = "";

    public string? For { get; set; }

    [YamlMember(Alias = "keep_firing_for", ApplyNamingConventions = false)]
    public string? KeepFiringFor { get; set; }

    public Dictionary<string, string>? Labels { get; set; }

    public Dictionary<string, string>? Annotations { get; set; }
}
