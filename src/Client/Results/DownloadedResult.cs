using System.Security.Cryptography;
using OrleansOneShot.Common;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Results;

/// <summary>A folder that a download filled, or in which a store of files keeps a result: what its manifest lists must be what lies there.</summary>
public static class DownloadedResult
{
    /// <summary>Whether a folder holds a whole result.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>False without a manifest, or if a file is missing or has other bytes.</returns>
    /// <exception cref="IOException">It can't be read.</exception>
    public static bool IsWhole(string folder)
    {
        try
        {
            var manifest = Path.Combine(folder, StorePaths.ManifestName);
            return File.Exists(manifest) && ReadManifest(manifest).Files.All(listed => Holds(listed, Path.Combine(folder, listed.Path)));
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Finds a file whose bytes are not those that a manifest lists. One that it doesn't list is the user's own affair.</summary>
    /// <param name="folder">Where the files lie.</param>
    /// <param name="manifest">Path of the manifest.</param>
    /// <param name="files">Paths of files below the folder.</param>
    /// <returns>The first of them; null if there is none.</returns>
    /// <exception cref="InvalidDataException">The manifest is damaged.</exception>
    /// <exception cref="IOException">It, or a file, can't be read.</exception>
    public static string? FindDamaged(string folder, string manifest, IEnumerable<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var listed = ReadManifest(manifest).Files;
        return files.FirstOrDefault(file => Find(listed, folder, file) is { } entry && !Holds(entry, file));
    }

    /// <summary>Finds the files that a manifest lists among others that lie beside them.</summary>
    /// <param name="folder">Where the files lie.</param>
    /// <param name="manifest">Path of the manifest.</param>
    /// <param name="files">Paths of files below the folder.</param>
    /// <returns>Those that it lists.</returns>
    /// <exception cref="InvalidDataException">The manifest is damaged.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static IReadOnlyList<string> FindListed(string folder, string manifest, IEnumerable<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var listed = ReadManifest(manifest).Files;
        return [.. files.Where(file => Find(listed, folder, file) is not null)];
    }

    /// <summary>Reads a manifest from the disk.</summary>
    /// <param name="file">The file.</param>
    /// <param name="jobId">The job that it is of, if known.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="InvalidDataException">It is damaged, or too long for one.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static PublishedResult ReadManifest(string file, string jobId = "result") =>
        LinkedFile.Of(file).Length <= PublishedResult.MaxManifestBytes
            ? PublishedResult.Parse(jobId, File.ReadAllBytes(file))
            : throw new InvalidDataException($"{file} is no manifest: it has more than {PublishedResult.MaxManifestBytes >> 20} MiB.");

    private static PublishedFile? Find(IReadOnlyList<PublishedFile> listed, string folder, string file)
    {
        var name = Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/');
        return listed.FirstOrDefault(entry => entry.Path == name);
    }

    private static bool Holds(PublishedFile listed, string file)
    {
        if (LinkedFile.Find(file)?.Length != listed.Stored.Bytes)
        {
            return false;
        }

        using var content = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(content)) == listed.Stored.Sha256;
    }
}
