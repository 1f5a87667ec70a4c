using System.Security.Cryptography;
using OrleansOneShot.Compute;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>Puts a job's result into a folder of the user's: into a new folder beside it first, then file by file, the manifest last. Files of the same names are replaced, others stay.</summary>
internal static class ResultFolder
{
    /// <summary>Name of the manifest.</summary>
    public const string Manifest = "manifest.json";

    /// <summary>Refuses a path that can't become a folder, before any work is done.</summary>
    /// <param name="folder">The path.</param>
    /// <returns>Its absolute path; nothing is created.</returns>
    /// <exception cref="InvalidInputException">A file is in the way.</exception>
    public static string Check(string folder)
    {
        if (folder.Length == 0)
        {
            throw new InvalidInputException("--out is empty.", "out", "Give the path of a folder.");
        }

        var full = Path.GetFullPath(folder);
        for (var above = full; above is not null; above = Path.GetDirectoryName(above))
        {
            if (File.Exists(above))
            {
                throw new InvalidInputException($"--out {folder}: {above} is a file, not a folder.", "out", "Give the path of a folder.");
            }
        }

        return full;
    }

    /// <summary>Copies a result.</summary>
    /// <param name="store">Where it lies.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="files">Its files.</param>
    /// <param name="folder">Absolute path of the folder to fill.</param>
    /// <param name="cancellationToken">Stops; the folder stays as it was.</param>
    /// <returns>When all files are in place.</returns>
    /// <exception cref="IOException">The disk is full, or a file is damaged.</exception>
    public static async Task FillAsync(IArtifactStore store, string jobId, IReadOnlyList<JobFile> files, string folder, CancellationToken cancellationToken)
    {
        var beside = $"{Path.TrimEndingDirectorySeparator(folder)}.part-{Guid.NewGuid():N}";
        Directory.CreateDirectory(beside);
        try
        {
            var results = files.Where(file => file.Path != Manifest).ToList();
            foreach (var file in results)
            {
                await CopyAsync(store, BlobPaths.ResultFile(jobId, file.Path), Path.Combine(beside, file.Path), file.Sha256, cancellationToken);
            }

            await CopyAsync(store, BlobPaths.Manifest(jobId), Path.Combine(beside, Manifest), null, cancellationToken);
            foreach (var path in results.Select(file => file.Path).Append(Manifest))
            {
                var target = Path.Combine(folder, path);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Move(Path.Combine(beside, path), target, overwrite: true);
            }
        }
        finally
        {
            Directory.Delete(beside, recursive: true);
        }
    }

    private static async Task CopyAsync(IArtifactStore store, string path, string target, string? sha256, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await using (var source = await store.OpenReadAsync(path, cancellationToken))
        await using (var copy = File.Create(target))
        {
            await source.CopyToAsync(copy, cancellationToken);
        }

        if (sha256 is not null)
        {
            await using var written = File.OpenRead(target);
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(written, cancellationToken)) != sha256)
            {
                throw new IOException($"{path} in the data folder is damaged: its SHA-256 is not the one that was published.");
            }
        }
    }
}
