using System.Globalization;

namespace OrleansOneShot.Storage;

/// <summary>
/// Where a cluster's models lie in its store: files under their hashes, so that models share what they have in common, and a manifest a name. The folder is not
/// called <c>models</c>: in a store of files that is where a data folder keeps its own.
/// </summary>
public static class SharedModelPaths
{
    /// <summary>The prefix of files.</summary>
    public static string Files => "shared-models/sha256/";

    /// <summary>The prefix of manifests.</summary>
    public static string Manifests => "shared-models/names/";

    /// <summary>The prefix of parts of files that are being uploaded.</summary>
    public static string Parts => "shared-models/parts/";

    /// <summary>Largest manifest, in bytes.</summary>
    public const int MaximumManifestBytes = 1 << 20;

    private const string Ending = ".json";

    /// <summary>A file.</summary>
    /// <param name="sha256">SHA-256 of its bytes.</param>
    /// <returns>Its path.</returns>
    public static string File(string sha256) => Files + sha256;

    /// <summary>A part of a file that is being uploaded.</summary>
    /// <param name="sha256">SHA-256 of the whole file.</param>
    /// <param name="offset">Where the part begins.</param>
    /// <returns>Its path.</returns>
    public static string Part(string sha256, long offset) => string.Create(CultureInfo.InvariantCulture, $"{Parts}{sha256}/{offset}");

    /// <summary>A model's manifest.</summary>
    /// <param name="name">The model's name, a segment of a path.</param>
    /// <returns>Its path.</returns>
    public static string Manifest(string name) => Manifests + name + Ending;

    /// <summary>The model that a manifest is of.</summary>
    /// <param name="path">A path below <see cref="Manifests"/>.</param>
    /// <returns>Its name; null: the path is no manifest's.</returns>
    public static string? NameOf(string path) =>
        path is not null
        && path.StartsWith(Manifests, StringComparison.Ordinal)
        && path.EndsWith(Ending, StringComparison.Ordinal)
        && path.Length > Manifests.Length + Ending.Length
            ? path[Manifests.Length..^Ending.Length]
            : null;
}
