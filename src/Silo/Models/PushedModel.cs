using OrleansOneShot.Silo.Embedded;

namespace OrleansOneShot.Silo.Models;

/// <summary>A model in a cluster's artifact store.</summary>
/// <param name="Name">Its name, as requests carry it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Files">Its files, by path.</param>
/// <param name="Sent">Bytes that were sent now; the rest was there.</param>
public sealed record PushedModel(string Name, ModelKind Kind, IReadOnlyList<PulledFile> Files, long Sent);
