namespace OrleansOneShot.Grains.Scheduling;

/// <summary>When an owner was last served.</summary>
/// <param name="Owner">The owner.</param>
/// <param name="Grant">Number of the grant.</param>
[GenerateSerializer, Immutable, Alias("oneshot.ServedOwner")]
internal sealed record ServedOwner([property: Id(0)] string Owner, [property: Id(1)] long Grant);
