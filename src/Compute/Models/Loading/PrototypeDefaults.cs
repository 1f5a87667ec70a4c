using System.Text.Json.Serialization;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>A model folder's defaults of the prototypical embedding (eq. 2).</summary>
public sealed record PrototypeDefaults
{
    /// <summary>Adam's learning rate; above 0, at most 10.</summary>
    [JsonPropertyName("learning_rate")]
    public double? LearningRate { get; init; }

    /// <summary>Adam's steps at most; 0 to 100,000.</summary>
    [JsonPropertyName("steps")]
    public int? Steps { get; init; }
}
