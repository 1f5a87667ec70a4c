using System.Text.Json.Nodes;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>What a run made.</summary>
/// <param name="Metrics">The measured quality.</param>
/// <param name="Used">All options as used, for the manifest.</param>
/// <param name="StageSeconds">Seconds by stage.</param>
public sealed record ImplantationOutcome(SampleMetrics Metrics, JsonObject Used, IReadOnlyDictionary<string, double> StageSeconds);
