using System.Text.Json;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Telemetry;

/// <summary>How the chart has KEDA scale a pool: tests/Goldens/telemetry/scaling.json, which Deployment.Tests takes from a rendered ScaledObject.</summary>
/// <param name="Namespace">Where the release is.</param>
/// <param name="Target">What is scaled.</param>
/// <param name="Query">What KEDA asks Prometheus.</param>
/// <param name="Threshold">How much of it is one pod's: its slots.</param>
/// <param name="MinReplicas">Fewest pods.</param>
/// <param name="MaxReplicas">Most pods.</param>
internal sealed record Scaling(string Namespace, string Target, string Query, int Threshold, int MinReplicas, int MaxReplicas)
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Reads it.</summary>
    public static Scaling Read() => JsonSerializer.Deserialize<Scaling>(File.ReadAllText(Repository.Golden("telemetry", "scaling.json")), s_json)!;

    /// <summary>The name that a silo's pod would have.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="silo">The silo.</param>
    public string PodOf(TestCluster cluster, TestSilo silo) => $"{Target}-{cluster.Silos.ToList().IndexOf(silo)}";

    /// <summary>Asserts that KEDA would have had enough pods at every second for what worked then, by the scheduler and by trainers themselves.</summary>
    /// <param name="prometheus">What has the series.</param>
    /// <param name="began">When they begin.</param>
    /// <param name="full">A moment at which all slots were busy; from then on until the end some slot was.</param>
    public async Task KeepsBusySlotsAsync(PrometheusServer prometheus, DateTimeOffset began, DateTimeOffset full)
    {
        var now = DateTimeOffset.UtcNow;
        var slots = (await prometheus.QueryRangeAsync(Query, began, now)).ToDictionary(
            second => second.Key,
            second => Math.Clamp((int)Math.Ceiling(second.Value / Threshold), MinReplicas, MaxReplicas) * Threshold
        );
        var leased = await prometheus.QueryRangeAsync("sum(oneshot_slots{state=\"leased\"})", began, now);
        Assert.All(leased, second => Assert.True(slots[second.Key] >= second.Value, $"{slots[second.Key]} slots for {second.Value} leases at {second.Key}"));

        // Trainers and the scheduler are read at different moments of a second: busy is what was so in the seconds before and after as well.
        var active = await prometheus.QueryRangeAsync("sum(oneshot_implantations_active)", full, now);
        foreach (var (second, busy) in active)
        {
            var least = new[] { second - 1, second + 1 }.Min(other => active.GetValueOrDefault(other, 0));
            // Without an answer, as until the dead scheduler's successor is there, KEDA leaves the pods as they are.
            Assert.True(!slots.TryGetValue(second, out var kept) || kept >= Math.Min(busy, least), $"{kept} slots for {busy} busy ones at {second}");
        }

        Assert.Equal(2, leased.Values.Max());
        Assert.Contains(slots.Keys, second => active.GetValueOrDefault(second) > 0);
        Assert.Equal(MinReplicas * Threshold, slots.Values.Min());
    }
}
