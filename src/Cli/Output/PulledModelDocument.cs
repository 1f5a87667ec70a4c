using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Output;

/// <summary>A fetched model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Its folder.</param>
/// <param name="Kind">base or clip.</param>
/// <param name="Repository">Where it came from.</param>
/// <param name="Revision">Branch, tag or commit that was asked for.</param>
/// <param name="Files">Its files, by path.</param>
/// <param name="Fetched">Bytes that were fetched now; the rest lay here already.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record PulledModelDocument(
    string Name,
    string Path,
    string Kind,
    string Repository,
    string Revision,
    IReadOnlyList<ModelFile> Files,
    long Fetched,
    double Seconds
);
