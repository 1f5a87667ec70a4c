using System.Globalization;
using k8s.Models;
using OrleansOneShot.Deployment.Tests.Support;

namespace OrleansOneShot.Deployment.Tests.Chart;

/// <summary>Who reaches what, by the rules of NetworkPolicies: https://kubernetes.io/docs/concepts/services-networking/network-policies.</summary>
public sealed class NetworkPolicyTests
{
    private const int Http = 8080;
    private const int Management = 9464;
    private const int Silo = 11111;
    private const int Gateway = 30000;
    private const int Redis = 6379;

    // Everybody else: pods without a label of ours, here and in the namespace of monitoring.
    private static readonly Peer s_stranger = new(new Dictionary<string, string>(), null);
    private static readonly Peer s_monitoring = new(new Dictionary<string, string>(), "monitoring");
    private static readonly Peer s_batch = new(new Dictionary<string, string> { ["app"] = "batch" }, null);

    public static TheoryData<string, string, string, int, bool> Connections =>
        new()
        {
            { "small-values.yaml", "trainer", "control", Silo, true },
            { "small-values.yaml", "control", "trainer", Silo, true },
            { "small-values.yaml", "trainer", "control", Gateway, true },
            { "small-values.yaml", "trainer", "redis", Redis, true },
            { "small-values.yaml", "control", "redis", Redis, true },
            { "small-values.yaml", "stranger", "control", Http, true }, // with a key
            { "small-values.yaml", "monitoring", "control", Management, true },
            { "small-values.yaml", "monitoring", "trainer", Management, true },
            { "small-values.yaml", "monitoring", "trainer", Silo, false },
            { "small-values.yaml", "monitoring", "trainer", Gateway, false },
            { "small-values.yaml", "monitoring", "redis", Redis, false },
            { "small-values.yaml", "stranger", "control", Silo, false },
            { "small-values.yaml", "stranger", "trainer", Silo, false },
            { "small-values.yaml", "stranger", "control", Gateway, false },
            { "small-values.yaml", "stranger", "trainer", Gateway, false },
            { "small-values.yaml", "stranger", "control", Management, false },
            { "small-values.yaml", "stranger", "trainer", Http, false },
            { "small-values.yaml", "stranger", "redis", Redis, false },
            { "small-values.yaml", "test", "control", Http, true },
            { "small-values.yaml", "test", "control", Gateway, false },
            { "small-values.yaml", "test", "redis", Redis, false },
            { "small-values.yaml", "redis", "control", Silo, false },
            { "small-values.yaml", "redis", "stranger", 443, false },
            { "small-values.yaml", "trainer", "stranger", 443, true }, // the store
            { "small-values.yaml", "trainer", "stranger", 53, true },
            { "small-values.yaml", "trainer", "stranger", 80, false },
            { "small-values.yaml", "trainer", "stranger", Redis, false }, // its own Redis alone
            { "small-values.yaml", "control", "stranger", 22, false },
            { "hosted-values.yaml", "batch", "control", Gateway, true }, // named
            { "hosted-values.yaml", "batch", "control", Silo, false },
            { "hosted-values.yaml", "stranger", "control", Gateway, false },
            { "hosted-values.yaml", "test", "control", Http, true },
        };

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task Connections_AreLetThroughOrNot(string values, string from, string to, int port, bool isLet)
    {
        var rendering = await Rendering.OfAsync(values);
        var policies = rendering.Of<V1NetworkPolicy>().ToList();

        Assert.Equal(isLet, Leaves(policies, Find(from), Find(to), port) && Enters(policies, Find(from), Find(to), port));

        Peer Find(string name) =>
            name switch
            {
                "stranger" => s_stranger,
                "monitoring" => s_monitoring,
                "batch" => s_batch,
                _ => new Peer(
                    rendering.Workloads.First(workload => workload.Labels.TryGetValue("app.kubernetes.io/component", out var it) && it == name).Labels,
                    null
                ),
            };
    }

    [Fact]
    public async Task Policies_AreLeftOutOnRequestAlone()
    {
        Assert.Empty((await Rendering.OfAsync("identity-values.yaml")).Of<V1NetworkPolicy>());
        Assert.NotEmpty((await Rendering.OfAsync("azure-values.yaml")).Of<V1NetworkPolicy>());
    }

    [Fact]
    public async Task Redis_OfAnotherPort_IsReachedThere()
    {
        var policies = (await Rendering.OfAsync("azure-values.yaml")).Of<V1NetworkPolicy>();

        Assert.Contains(policies.SelectMany(policy => policy.Spec.Egress ?? []).SelectMany(rule => rule.Ports), port => port.Port.Value == "6380");
    }

    // Nobody picks a pod: everything goes. Else what one rule lets through.
    private static bool Enters(IReadOnlyList<V1NetworkPolicy> policies, Peer from, Peer to, int port)
    {
        var own = policies.Where(policy => policy.Spec.PolicyTypes.Contains("Ingress") && Picks(policy.Spec.PodSelector, to)).ToList();
        return own.Count == 0
            || own.SelectMany(policy => policy.Spec.Ingress ?? [])
                .Any(rule => HasPort(rule.Ports, port) && (rule.FromProperty is not { Count: > 0 } peers || peers.Any(peer => Is(peer, from))));
    }

    private static bool Leaves(IReadOnlyList<V1NetworkPolicy> policies, Peer from, Peer to, int port)
    {
        var own = policies.Where(policy => policy.Spec.PolicyTypes.Contains("Egress") && Picks(policy.Spec.PodSelector, from)).ToList();
        return own.Count == 0
            || own.SelectMany(policy => policy.Spec.Egress ?? [])
                .Any(rule => HasPort(rule.Ports, port) && (rule.To is not { Count: > 0 } peers || peers.Any(peer => Is(peer, to))));
    }

    private static bool HasPort(IList<V1NetworkPolicyPort>? ports, int port) =>
        ports is not { Count: > 0 } || ports.Any(one => one.Protocol == "TCP" && one.Port.Value == port.ToString(CultureInfo.InvariantCulture));

    private static bool Is(V1NetworkPolicyPeer peer, Peer other) =>
        peer.IpBlock is null
        && (
            peer.NamespaceSelector is null
                ? other.Namespace is null
                : (peer.NamespaceSelector.MatchLabels ?? new Dictionary<string, string>()).All(label =>
                    label.Key == "kubernetes.io/metadata.name" && label.Value == (other.Namespace ?? "pictures")
                )
        )
        && (peer.PodSelector is null || Picks(peer.PodSelector, other));

    // Pods of another namespace are nobody's here.
    private static bool Picks(V1LabelSelector selector, Peer peer) =>
        peer.Namespace is null && (selector.MatchLabels ?? new Dictionary<string, string>()).All(peer.Labels.Contains);

    private sealed record Peer(IDictionary<string, string> Labels, string? Namespace);
}
