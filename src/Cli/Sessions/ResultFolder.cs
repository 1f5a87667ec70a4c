using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>Folders for results: those that users name, and those in which results lie already.</summary>
internal static class ResultFolder
{
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
            if (!DownloadedResult.IsWhole(copy))
            {
                new ResultDownload(target.OpenStore()) { StaysPrivate = true }
                    .RunAsync(jobId, copy, manifest: null)
                    .GetAwaiter()
                    .GetResult();
            }

            return copy;
        }

        if (!File.Exists(manifest))
        {
            return null;
        }

        // All files of a result lie below one folder: that of the epoch which was published.
        return DownloadedResult.ReadManifest(manifest, jobId).Files is [var first, ..]
            ? store.FileOf(first.Stored.Path[..^(first.Path.Length + 1)])
            : throw new InvalidDataException($"The manifest of job {jobId} is damaged: it lists no files.");
    }
}
