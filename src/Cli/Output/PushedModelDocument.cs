using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Output;

/// <summary>A model that was put into a cluster's artifact store.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Kind">base or clip.</param>
/// <param name="Files">Its files, by path.</param>
/// <param name="Sent">Bytes that were sent now; the rest was there.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record PushedModelDocument(string Name, string Kind, IReadOnlyList<ModelFile> Files, long Sent, double Seconds);
