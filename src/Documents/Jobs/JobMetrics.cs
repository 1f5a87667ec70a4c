using System.Collections.Immutable;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Jobs;

/// <summary>Quality of the samples by the CLIP of the base model; cosines, -1 to 1. Null where there was nothing to measure (no samples, no CLIP).</summary>
public sealed record JobMetrics
{
    private readonly ValueArray<ObjectMetrics> _objects;

    /// <summary>Image alignment: samples against the training crop.</summary>
    [FieldNumber(0)]
    public double? Ia { get; init; }

    /// <summary>Text alignment: samples against their prompts, with the identifier replaced by the class name.</summary>
    [FieldNumber(1)]
    public double? Ta { get; init; }

    /// <summary>Cosine of the prototypical embedding and its target, 1 - L_PE, averaged over the objects.</summary>
    [FieldNumber(2)]
    public double? PrototypeSimilarity { get; init; }

    /// <summary>By object.</summary>
    [FieldNumber(3)]
    public ImmutableArray<ObjectMetrics> Objects
    {
        get => _objects.Items.IsDefault ? [] : _objects.Items;
        init => _objects = new ValueArray<ObjectMetrics>(value);
    }
}

/// <summary>Quality of one object.</summary>
public sealed record ObjectMetrics
{
    /// <summary>Identifier token.</summary>
    [FieldNumber(0)]
    public required string Token { get; init; }

    /// <summary>Class name.</summary>
    [FieldNumber(1)]
    public required string Class { get; init; }

    /// <summary>Image alignment with the masked crop of this object.</summary>
    [FieldNumber(2)]
    public double? IaObject { get; init; }

    /// <summary>1 - L_PE of this object.</summary>
    [FieldNumber(3)]
    public double? PrototypeSimilarity { get; init; }

    /// <summary>Image alignment with this object in the pictures that can be compared with those of the plain class name: mostly all.</summary>
    [FieldNumber(4)]
    public double? IaCompared { get; init; }

    /// <summary>The same alignment of what the base model alone draws, from the same noise, for the plain class name.</summary>
    [FieldNumber(5)]
    public double? IaClass { get; init; }
}
