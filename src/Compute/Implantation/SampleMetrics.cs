using System.Text.Json.Serialization;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>Quality of the samples by the model's CLIP; cosines. Null where there was nothing to measure.</summary>
/// <param name="Ia">Image alignment with the training crop, mean over the samples.</param>
/// <param name="Ta">Text alignment with the prompts, identifiers replaced by class names.</param>
/// <param name="PrototypeSimilarity">1 - L_PE, mean over the objects.</param>
/// <param name="Objects">By object.</param>
/// <param name="Samples">By picture.</param>
public sealed record SampleMetrics(
    double? Ia,
    double? Ta,
    double? PrototypeSimilarity,
    IReadOnlyList<ObjectMetrics> Objects,
    IReadOnlyList<PictureMetrics> Samples
)
{
    /// <summary>Every pair of objects; null for one object alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TokenCosine>? TokenCosines { get; init; }
}
