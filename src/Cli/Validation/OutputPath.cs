using OrleansOneShot.Common;
using OrleansOneShot.Compute;

namespace OrleansOneShot.Cli.Validation;

/// <summary>Paths that commands will write to.</summary>
internal static class OutputPath
{
    /// <summary>Looks for a file where a path needs a folder.</summary>
    /// <param name="path">Absolute path of the folder; null is none.</param>
    /// <returns>The file, which is the path itself or above it; null if nothing is in the way.</returns>
    public static string? FileInTheWay(string? path)
    {
        while (path is not null && !File.Exists(path))
        {
            path = Path.GetDirectoryName(path);
        }

        return path;
    }

    /// <summary>Checks a file that will be written.</summary>
    /// <param name="path">What was given.</param>
    /// <param name="field">The option, without dashes.</param>
    /// <param name="hint">What to give where it can't be used.</param>
    /// <returns>Its absolute path; nothing is created.</returns>
    /// <exception cref="InvalidInputException">It is empty, a folder, or below a file.</exception>
    public static string FileOf(string path, string field, string hint)
    {
        if (string.IsNullOrWhiteSpace(path) || Directory.Exists(path))
        {
            throw new InvalidInputException($"--{field} '{path}' is not a file that can be written.", field, hint);
        }

        var full = Path.GetFullPath(path);
        return FileInTheWay(Path.GetDirectoryName(full)) is { } file
            ? throw new InvalidInputException($"--{field} {path} can't be written: {file} is {LinkedFile.WhatIs(file)}.", field, "Name a file in a folder.")
            : full;
    }
}
