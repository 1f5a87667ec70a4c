using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OrleansOneShot.Contracts.Jobs;

namespace OrleansOneShot.Grains.Engine;

/// <summary>What an engine made.</summary>
/// <param name="Folder">Local folder that holds the result's tree, as it is to be published.</param>
/// <param name="Metrics">The measured quality.</param>
/// <param name="Warnings">What the user should know.</param>
/// <param name="Manifest">What the engine adds to the manifest: the base model's hash, all options as used, timings by stage.</param>
public sealed record EngineResult(string Folder, JobMetrics? Metrics, ImmutableArray<string> Warnings, JsonObject Manifest)
{
    /// <summary>The most memory that the run took on its device, in bytes; 0: not known.</summary>
    public long PeakBytes { get; init; }
}
