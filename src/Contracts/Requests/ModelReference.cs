namespace OrleansOneShot.Contracts.Requests;

/// <summary>A base model by the names under which silos know it.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.ModelReference")]
public sealed record ModelReference
{
    /// <summary>Name of the base model, such as "toyworld-64".</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Name of the CLIP for the joint space; null takes the one in the base model's folder.</summary>
    [Id(1)]
    public string? Clip { get; init; }
}
