using System.Text.Json.Serialization;

namespace OrleansOneShot.Bench.Masks;

/// <summary>One mask made from its own box, and how it agrees with the given one.</summary>
internal sealed record MaskLine(
    [property: JsonPropertyName("scene")] string Scene,
    [property: JsonPropertyName("mask")] string Mask,
    [property: JsonPropertyName("iou")] double Iou,
    [property: JsonPropertyName("seconds")] double Seconds
);
