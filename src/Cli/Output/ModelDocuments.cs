using OrleansOneShot.Documents.Models;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Output;

/// <summary>Known models.</summary>
/// <param name="Models">The models.</param>
internal sealed record ModelListDocument(IReadOnlyList<ModelDocument> Models);

/// <summary>The models that jobs of a cluster can name.</summary>
/// <param name="Models">By name.</param>
internal sealed record KnownModelListDocument(IReadOnlyList<KnownModel> Models);

/// <summary>A known model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Its folder.</param>
/// <param name="Shipped">Whether it came with the program.</param>
/// <param name="Default">Whether it is taken when none is named.</param>
/// <param name="Kind">base, or clip for one that serves --clip.</param>
internal sealed record ModelDocument(string Name, string Path, bool Shipped, bool Default, string Kind);

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

/// <summary>A model that was put into a cluster's artifact store.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Kind">base or clip.</param>
/// <param name="Files">Its files, by path.</param>
/// <param name="Sent">Bytes that were sent now; the rest was there.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record PushedModelDocument(string Name, string Kind, IReadOnlyList<ModelFile> Files, long Sent, double Seconds);

/// <summary>Kinds of models as documents show them.</summary>
internal static class KindText
{
    /// <summary>base or clip.</summary>
    public static string Of(ModelKind kind) => kind == ModelKind.Clip ? "clip" : "base";
}
