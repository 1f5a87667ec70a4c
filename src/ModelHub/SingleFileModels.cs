using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.SingleFile;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// Single-file checkpoints as models of a data folder: each is converted once, into <c>models/NAME</c>, and is a folder like any other from then on. The same
/// file under another path is found by its hash.
/// </summary>
public static class SingleFileModels
{
    // Beside the models: paths of files that are copies of one that was converted, a file each that names its folder; and hashes of converted files, a file
    // each as well.
    private const string KnownFolder = ".converted";
    private const int LongestNote = 300;

    /// <summary>Whether a path is that of a file that may be such a checkpoint (or one that should be refused by name, as pickles are).</summary>
    /// <param name="path">A path.</param>
    /// <returns>True for an existing file with an ending of model weights.</returns>
    public static bool IsCandidate(string path) => Path.GetExtension(path) is ".safetensors" or ".ckpt" or ".pt" or ".pth" or ".bin" && File.Exists(path);

    /// <summary>Converts a checkpoint, unless that was done before.</summary>
    /// <param name="data">Where models lie.</param>
    /// <param name="path">The file, or a link to it. One that was changed counts as another one.</param>
    /// <param name="configuration">A diffusers folder with the configurations; null takes those of Stable Diffusion 1.x or 2.x.</param>
    /// <param name="converting">Told, in a sentence, that the file is converted; gives who hears how far it is. Null: nobody is told.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    /// <returns>The model.</returns>
    /// <exception cref="InvalidInputException">The file can't be converted.</exception>
    /// <exception cref="OneShotException">Another process converts it right now, or the disk is too full.</exception>
    public static ModelEntry Find(
        DataFolder data,
        string path,
        string? configuration = null,
        Func<string, IProgress<TransferProgress>>? converting = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        LinkedFile file;
        try
        {
            file = LinkedFile.Of(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(e.Message, "model", "Check the path.", e);
        }

        var name = NameOf(path, file);
        if (Known(data, name) is { } known)
        {
            return known;
        }

        SingleFileCheckpoint.Check(path, configuration);

        // Reading it once is a small part of what converting takes.
        var hash = HashOf(file.Path, configuration);
        if (Known(data, hash) is { } copy)
        {
            Remember(data, name, copy);
            return copy;
        }

        using var room = ModelLanding.Open(data, name);
        if (Known(data, name) is { } since)
        {
            return since;
        }

        var entry = EntryOf(data, name);
        Fill(
            room,
            path,
            configuration,
            null,
            converting?.Invoke($"Converting {Path.GetFileName(path)} into {entry.Folder}, which is done once."),
            cancellationToken
        );
        Remember(data, hash, entry);
        return entry;
    }

    /// <summary>Converts a checkpoint into a folder of its own.</summary>
    /// <param name="path">The file.</param>
    /// <param name="folder">A folder that doesn't exist; it appears when all of it is there and has been checked.</param>
    /// <param name="configuration">A diffusers folder with the configurations; null takes those of Stable Diffusion 1.x or 2.x.</param>
    /// <param name="prediction">What the model predicts; null takes what the file or the configuration says.</param>
    /// <param name="progress">Hears how far it is; null: nobody does.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    /// <exception cref="InvalidInputException">The file can't be converted.</exception>
    /// <exception cref="OneShotException">The disk is too full.</exception>
    public static void Convert(
        string path,
        string folder,
        string? configuration = null,
        PredictionType? prediction = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        SingleFileCheckpoint.Check(path, configuration, prediction);
        using var room = ModelLanding.Beside(folder);
        Fill(room, path, configuration, prediction, progress, cancellationToken);
    }

    private static void Fill(
        ModelLanding room,
        string path,
        string? configuration,
        PredictionType? prediction,
        IProgress<TransferProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        try
        {
            DiskSpace.Require(room.Folder, LinkedFile.Of(path).Length);
            var began = Stopwatch.GetTimestamp();
            SingleFileCheckpoint.Convert(
                path,
                room.Folder,
                configuration,
                prediction,
                (done, all) => progress?.Report(new TransferProgress(done, all, done, Stopwatch.GetElapsedTime(began))),
                cancellationToken
            );
            room.Land(
                ModelKind.Base,
                [
                    .. Directory
                        .EnumerateFiles(room.Folder, "*", SearchOption.AllDirectories)
                        .Select(found => Path.GetRelativePath(room.Folder, found).Replace('\\', '/')),
                ]
            );
        }
        catch
        {
            Directory.Delete(room.Folder, recursive: true);
            throw;
        }
    }

    // What a model is made of: the file, and where the configurations come from.
    private static string HashOf(string file, string? configuration) =>
        configuration is null
            ? FileHashes.Sha256(file)
            : System.Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{FileHashes.Sha256(file)}\n{Path.GetFullPath(configuration)}")));

    private static ModelEntry EntryOf(DataFolder data, string name) => new(name, Path.Combine(data.ModelFolders, name), Shipped: false);

    // By the folder's own name, or by what was noted under another path's name or a hash.
    private static ModelEntry? Known(DataFolder data, string key)
    {
        if (Directory.Exists(EntryOf(data, key).Folder))
        {
            return EntryOf(data, key);
        }

        try
        {
            var note = Path.Combine(data.ModelFolders, KnownFolder, key);
            var name = LinkedFile.Find(note) is { Length: <= LongestNote } ? File.ReadAllText(note).Trim() : "";
            return name.Length > 0 && RepositoryPath.IsName(name) && Directory.Exists(EntryOf(data, name).Folder) ? EntryOf(data, name) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Remember(DataFolder data, string key, ModelEntry entry)
    {
        try
        {
            Directory.CreateDirectory(Path.Combine(data.ModelFolders, KnownFolder));
            File.WriteAllText(Path.Combine(data.ModelFolders, KnownFolder, key), entry.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It saves converting a copy again, no more.
        }
    }

    // The name is the one that was given, which says more than that of a cache's blob.
    private static string NameOf(string path, LinkedFile file)
    {
        var stem = new string([
            .. Path.GetFileNameWithoutExtension(path).Take(100).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-'),
        ]).TrimStart('-');
        var identity = string.Create(CultureInfo.InvariantCulture, $"{file.Path}\n{file.Length}\n{file.WrittenUtc.Ticks}");
        return $"{(stem.Length == 0 ? "model" : stem)}-{System.Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..8]}";
    }
}
