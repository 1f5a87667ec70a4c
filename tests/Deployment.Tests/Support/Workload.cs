using k8s;
using k8s.Models;

namespace OrleansOneShot.Deployment.Tests.Support;

/// <summary>A pod, and what makes it.</summary>
/// <param name="Kind">Deployment, StatefulSet, ScaledJob or Pod.</param>
/// <param name="Name">Its name.</param>
/// <param name="Pod">The pod.</param>
/// <param name="Selector">By which labels it knows its pods; null: it does not.</param>
/// <param name="Owner">The object.</param>
internal sealed record Workload(string Kind, string Name, V1PodTemplateSpec Pod, V1LabelSelector? Selector, IKubernetesObject<V1ObjectMeta> Owner)
{
    /// <summary>The container of the program.</summary>
    public V1Container Container => Pod.Spec.Containers.Single();

    /// <summary>The pod's labels.</summary>
    public IDictionary<string, string> Labels => Pod.Metadata.Labels;

    /// <summary>What an object makes; null: no pods.</summary>
    public static Workload? Of(IKubernetesObject<V1ObjectMeta> one) =>
        one switch
        {
            V1Deployment deployment => new(deployment.Kind, deployment.Metadata.Name, deployment.Spec.Template, deployment.Spec.Selector, one),
            V1StatefulSet set => new(set.Kind, set.Metadata.Name, set.Spec.Template, set.Spec.Selector, one),
            ScaledJob job => new(job.Kind, job.Metadata.Name, job.Spec.JobTargetRef.Template, null, one),
            V1Pod pod => new(pod.Kind, pod.Metadata.Name, new V1PodTemplateSpec { Metadata = pod.Metadata, Spec = pod.Spec }, null, one),
            _ => null,
        };

    /// <summary>The value of a variable; null: it is not set to one.</summary>
    /// <param name="name">Its name.</param>
    public string? Variable(string name) => Container.Env?.FirstOrDefault(variable => variable.Name == name)?.Value;

    /// <summary>Whether a selector of labels picks the pod.</summary>
    /// <param name="selector">The selector; without an expression, which the chart does not use.</param>
    public bool IsPickedBy(V1LabelSelector selector) =>
        selector.MatchExpressions is null && (selector.MatchLabels ?? new Dictionary<string, string>()).All(Labels.Contains);

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Name}";
}
