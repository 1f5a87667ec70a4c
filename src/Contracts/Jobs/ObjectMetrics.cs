namespace OrleansOneShot.Contracts.Jobs;

/// <summary>Quality of one object.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.ObjectMetrics")]
public sealed record ObjectMetrics
{
    /// <summary>Identifier token.</summary>
    [Id(0)]
    public required string Token { get; init; }

    /// <summary>Class name.</summary>
    [Id(1)]
    public required string Class { get; init; }

    /// <summary>Image alignment with the masked crop of this object.</summary>
    [Id(2)]
    public double? IaObject { get; init; }

    /// <summary>1 - L_PE of this object.</summary>
    [Id(3)]
    public double? PrototypeSimilarity { get; init; }
}
