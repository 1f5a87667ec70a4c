namespace OrleansOneShot.Contracts.Jobs;

/// <summary>A checkpoint in the store.</summary>
/// <param name="Epoch">The epoch that wrote it.</param>
/// <param name="Step">Training steps done.</param>
/// <param name="Path">Store path.</param>
/// <param name="Bytes">Length in bytes.</param>
/// <param name="Sha256">SHA-256 of its bytes.</param>
[GenerateSerializer, Immutable, Alias("oneshot.CheckpointReference")]
public sealed record CheckpointReference(
    [property: Id(0)] long Epoch,
    [property: Id(1)] int Step,
    [property: Id(2)] string Path,
    [property: Id(3)] long Bytes,
    [property: Id(4)] string Sha256
);
