using OrleansOneShot.Silo.Embedded;

namespace OrleansOneShot.Silo.Models;

/// <summary>A fetched model.</summary>
/// <param name="Entry">Its name and folder.</param>
/// <param name="Files">Its files, by path.</param>
/// <param name="Fetched">Bytes that this run fetched; 0 when all of it lay here already.</param>
public sealed record PulledModel(ModelEntry Entry, IReadOnlyList<PulledFile> Files, long Fetched);
