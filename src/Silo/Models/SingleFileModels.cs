using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.SingleFile;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Silo.Embedded;

namespace OrleansOneShot.Silo.Models;

/// <summary>Single-file checkpoints as models of a data folder: each is converted once, into <c>models/NAME</c>, and is a folder like any other from then on.</summary>
public static class SingleFileModels
{
    /// <summary>Whether a path is that of a file that may be such a checkpoint (or one that should be refused by name, as pickles are).</summary>
    /// <param name="path">A path.</param>
    /// <returns>True for an existing file with an ending of model weights.</returns>
    public static bool IsCandidate(string path) => Path.GetExtension(path) is ".safetensors" or ".ckpt" or ".pt" or ".pth" or ".bin" && File.Exists(path);

    /// <summary>Converts a checkpoint, unless that was done before.</summary>
    /// <param name="data">Where models lie.</param>
    /// <param name="path">The file. One that was moved or changed counts as another one.</param>
    /// <param name="configuration">A diffusers folder with the configurations; null takes those of Stable Diffusion 1.x or 2.x.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    /// <returns>The model.</returns>
    /// <exception cref="InvalidInputException">The file can't be converted.</exception>
    /// <exception cref="OneShotException">Another process converts it right now, or the disk is too full.</exception>
    public static ModelEntry Find(DataFolder data, string path, string? configuration = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var file = new FileInfo(Path.GetFullPath(path));
        var entry = new ModelEntry(NameOf(file), Path.Combine(data.ModelFolders, NameOf(file)), Shipped: false);
        if (Directory.Exists(entry.Folder))
        {
            return entry;
        }

        SingleFileCheckpoint.Check(file.FullName, configuration);
        using var room = ModelLanding.Open(data, entry.Name);
        if (Directory.Exists(entry.Folder))
        {
            return entry;
        }

        Fill(room, file.FullName, configuration, null, cancellationToken);
        return entry;
    }

    /// <summary>Converts a checkpoint into a folder of its own.</summary>
    /// <param name="path">The file.</param>
    /// <param name="folder">A folder that doesn't exist; it appears when all of it is there and has been checked.</param>
    /// <param name="configuration">A diffusers folder with the configurations; null takes those of Stable Diffusion 1.x or 2.x.</param>
    /// <param name="prediction">What the model predicts; null takes what the file or the configuration says.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    /// <exception cref="InvalidInputException">The file can't be converted.</exception>
    /// <exception cref="OneShotException">The disk is too full.</exception>
    public static void Convert(string path, string folder, string? configuration = null, PredictionType? prediction = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        SingleFileCheckpoint.Check(path, configuration, prediction);
        using var room = ModelLanding.Beside(folder);
        Fill(room, path, configuration, prediction, cancellationToken);
    }

    private static void Fill(ModelLanding room, string path, string? configuration, PredictionType? prediction, CancellationToken cancellationToken)
    {
        try
        {
            DiskSpace.Require(room.Folder, new FileInfo(path).Length);
            SingleFileCheckpoint.Convert(path, room.Folder, configuration, prediction, cancellationToken);
            room.Land(ModelKind.Base, [.. Directory.EnumerateFiles(room.Folder, "*", SearchOption.AllDirectories).Select(found => Path.GetRelativePath(room.Folder, found).Replace('\\', '/'))]);
        }
        catch
        {
            Directory.Delete(room.Folder, recursive: true);
            throw;
        }
    }

    private static string NameOf(FileInfo file)
    {
        var stem = new string([.. Path.GetFileNameWithoutExtension(file.Name).Take(100).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')]).TrimStart('-');
        var identity = string.Create(CultureInfo.InvariantCulture, $"{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc.Ticks}");
        return $"{(stem.Length == 0 ? "model" : stem)}-{System.Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..8]}";
    }
}
