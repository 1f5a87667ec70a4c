using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.Retention;

/// <summary>What a collection has removed, or would remove.</summary>
/// <param name="DryRun">Whether nothing was removed.</param>
/// <param name="Blobs">Paths of inputs that no job refers to.</param>
/// <param name="Files">Paths of files that epochs of ended jobs have left behind.</param>
/// <param name="Bytes">Bytes of all of them.</param>
/// <param name="Models">Paths of models' manifests and files that no job refers to and nobody has used for long.</param>
[GenerateSerializer, Immutable, Alias("oneshot.CollectionReport")]
public sealed record CollectionReport(
    [property: Id(0)] bool DryRun, [property: Id(1)] ImmutableArray<string> Blobs, [property: Id(2)] ImmutableArray<string> Files, [property: Id(3)] long Bytes,
    [property: Id(4)] ImmutableArray<string> Models);
