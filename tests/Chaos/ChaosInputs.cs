namespace OrleansOneShot.Chaos;

/// <summary>What all jobs are given, by content hash.</summary>
/// <param name="Image">The photo.</param>
/// <param name="Mask">The mask.</param>
internal sealed record ChaosInputs(string Image, string Mask);
