namespace OrleansOneShot.Silo.Models;

/// <summary>A model in a cluster's artifact store, as its manifest lists it.</summary>
/// <param name="Files">Its files, by path.</param>
internal sealed record StoredModel(IReadOnlyList<PulledFile> Files);
