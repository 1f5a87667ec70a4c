using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Cli.Output;

/// <summary>What <c>generate</c> made.</summary>
/// <param name="Files">The pictures, relative to <c>--out</c>.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Settings">All settings as used.</param>
internal sealed record GenerationDocument(IReadOnlyList<JobFile> Files, double Seconds, JsonObject Settings)
{
    /// <summary>The job that a server drew them in; left out of pictures that were drawn here.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }
}

/// <summary>What <c>mask</c> made.</summary>
/// <param name="Mask">Absolute path of the mask.</param>
/// <param name="Preview">Absolute path of the preview.</param>
/// <param name="Width">Width of mask and upright photo.</param>
/// <param name="Height">Height of mask and upright photo.</param>
/// <param name="Coverage">Share of the picture that is object, 0 to 1.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Method">grabcut or sam.</param>
/// <param name="Warnings">What was noticed.</param>
internal sealed record MaskDocument(
    string Mask,
    string Preview,
    int Width,
    int Height,
    double Coverage,
    double Seconds,
    string Method,
    IReadOnlyList<string> Warnings
);
