using System.Text.Json.Nodes;
using OrleansOneShot.Contracts.Jobs;

namespace OrleansOneShot.Cli.Output;

/// <summary>What <c>generate</c> made.</summary>
/// <param name="Files">The pictures, relative to <c>--out</c>.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Settings">All settings as used.</param>
internal sealed record GenerationDocument(IReadOnlyList<JobFile> Files, double Seconds, JsonObject Settings);
