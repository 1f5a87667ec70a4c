using System.Security.Cryptography;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>
/// Puts a job's result into a folder of the user's: into a new folder beside it first, then file by file, the manifest last. Files of the same names are
/// replaced, others stay.
/// </summary>
internal static class ResultFolder
{
    /// <summary>Name of the manifest.</summary>
    public const string Manifest = StorePaths.ManifestName;

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
        return OutputPath.FileInTheWay(full) is { } file
            ? throw new InvalidInputException($"--out {folder}: {file} is {LinkedFile.WhatIs(file)}, not a folder.", "out", "Give the path of a folder.")
            : full;
    }

    /// <summary>Finds a published result in a data folder.</summary>
    /// <param name="data">The folder.</param>
    /// <param name="jobId">The job.</param>
    /// <returns>
    /// Absolute path of a folder that holds the files which the manifest names (a copy, if artifacts are kept elsewhere); null if nothing is published.
    /// </returns>
    /// <exception cref="IOException">The store is out of reach, or the manifest damaged.</exception>
    public static string? Locate(DataFolder data, string jobId)
    {
        var target = new SessionTarget(data);
        var store = target.Store;
        if (store.FileOf(StorePaths.Manifest(jobId)) is not { } manifest)
        {
            var copy = Path.Combine(data.Root, "downloads", jobId);
            if (!IsWhole(copy))
            {
                FillAsync(target.OpenStore(), jobId, copy, manifest: null, CancellationToken.None, users: false).GetAwaiter().GetResult();
            }

            return copy;
        }

        if (!File.Exists(manifest))
        {
            return null;
        }

        // All files of a result lie below one folder: that of the epoch which was published.
        return PublishedResult.Parse(jobId, ReadManifest(manifest)).Files is [var first, ..]
            ? store.FileOf(first.Stored.Path[..^(first.Path.Length + 1)])
            : throw new InvalidDataException($"The manifest of job {jobId} is damaged: it lists no files.");
    }

    /// <summary>Compares a file with what a manifest says of it.</summary>
    /// <param name="listed">The manifest's entry.</param>
    /// <param name="file">The file.</param>
    /// <returns>False if it is missing, or its bytes are others.</returns>
    /// <exception cref="IOException">It can't be read.</exception>
    public static bool Holds(PublishedFile listed, string file)
    {
        if (LinkedFile.Find(file)?.Length != listed.Stored.Bytes)
        {
            return false;
        }

        using var content = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(content)) == listed.Stored.Sha256;
    }

    /// <summary>Reads a manifest from the disk.</summary>
    /// <param name="file">The file.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="InvalidDataException">It is too long for one.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static byte[] ReadManifest(string file) =>
        LinkedFile.Of(file).Length <= PublishedResult.MaxManifestBytes
            ? File.ReadAllBytes(file)
            : throw new InvalidDataException($"{file} is no manifest: it has more than {PublishedResult.MaxManifestBytes >> 20} MiB.");

    private static bool IsWhole(string copy)
    {
        try
        {
            var manifest = Path.Combine(copy, Manifest);
            return File.Exists(manifest)
                && PublishedResult.Parse("copy", ReadManifest(manifest)).Files.All(listed => Holds(listed, Path.Combine(copy, listed.Path)));
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Copies a result.</summary>
    /// <param name="store">Where it lies.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="folder">Absolute path of the folder to fill.</param>
    /// <param name="manifest">Length and hash of its manifest, as the job knows them; null: not known.</param>
    /// <param name="cancellationToken">Stops; the folder stays as it was.</param>
    /// <param name="users">Whether the folder is the user's own, and not one of the data folder.</param>
    /// <returns>When all files are in place.</returns>
    /// <exception cref="IOException">The disk is full, or a file is damaged.</exception>
    /// <exception cref="InvalidDataException">The manifest is damaged.</exception>
    public static async Task FillAsync(
        IArtifactStore store,
        string jobId,
        string folder,
        JobFile? manifest,
        CancellationToken cancellationToken,
        bool users = true
    )
    {
        var published = manifest is null
            ? await PublishedResult.ReadAsync(store, jobId, cancellationToken) ?? throw new IOException($"The store has lost {StorePaths.Manifest(jobId)}.")
            : await PublishedResult.ReadAsync(store, jobId, manifest.Bytes, manifest.Sha256, cancellationToken);
        var beside = $"{Path.TrimEndingDirectorySeparator(folder)}.part-{Guid.NewGuid():N}";
        if (Path.GetDirectoryName(beside) is { } parent)
        {
            CreateFolder(parent, users);
        }

        Directory.CreateDirectory(beside);
        try
        {
            foreach (var file in published.Files)
            {
                await CopyAsync(store, file.Stored, Path.Combine(beside, file.Path), cancellationToken);
            }

            await File.WriteAllBytesAsync(Path.Combine(beside, Manifest), published.Manifest, cancellationToken);
            if (users)
            {
                CreationMask.GiveToUser(beside);
            }

            foreach (var path in published.Files.Select(file => file.Path).Append(Manifest))
            {
                var target = Path.Combine(folder, path);
                CreateFolder(Path.GetDirectoryName(target)!, users);
                File.Move(Path.Combine(beside, path), target, overwrite: true);
            }
        }
        finally
        {
            Directory.Delete(beside, recursive: true);
        }
    }

    private static void CreateFolder(string folder, bool users)
    {
        if (users)
        {
            CreationMask.CreateUsersFolder(folder);
        }
        else
        {
            Directory.CreateDirectory(folder);
        }
    }

    private static async Task CopyAsync(IArtifactStore store, ArtifactInfo stored, string target, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await using var source = await store.OpenReadAsync(stored, cancellationToken);
        await using var copy = File.Create(target);
        await source.CopyToAsync(copy, cancellationToken);
    }
}
