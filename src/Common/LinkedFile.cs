namespace OrleansOneShot.Common;

/// <summary>
/// The file behind a path: its length, its date and where it really lies. .NET tells those of the link itself where a path ends in a symbolic one, while
/// whoever opens the path gets the file; so nobody asks .NET but this type (build/BannedSymbols.Files.txt).
/// </summary>
/// <param name="Path">The real path, without any link in it.</param>
/// <param name="Length">Bytes.</param>
/// <param name="WrittenUtc">When it was last written, UTC.</param>
public sealed record LinkedFile(string Path, long Length, DateTime WrittenUtc)
{
    // As many as Linux follows.
    private const int MostLinks = 40;

    /// <summary>Finds the file behind a path.</summary>
    /// <param name="path">The path; any part of it may be a link.</param>
    /// <returns>The file; null where there is none, or a folder, or a link that leads nowhere.</returns>
    /// <exception cref="IOException">Links lead round in a circle, or a part of the path can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A part of the path may not be read.</exception>
    public static LinkedFile? Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new FileInfo(RealPath(path));
#pragma warning disable RS0030 // No link is left in this path.
        return file.Exists ? new LinkedFile(file.FullName, file.Length, file.LastWriteTimeUtc) : null;
#pragma warning restore RS0030
    }

    /// <summary>As <see cref="Find"/>, of a file that is there.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The file.</returns>
    /// <exception cref="FileNotFoundException">It is not there; the message says so in a sentence, and where a link leads.</exception>
    /// <exception cref="IOException">As for <see cref="Find"/>.</exception>
    public static LinkedFile Of(string path) => Find(path) ?? throw new FileNotFoundException(Missing(path), path);

    /// <summary>A path without any link in it, as far as it exists.</summary>
    /// <param name="path">A path.</param>
    /// <returns>An absolute path.</returns>
    /// <exception cref="IOException">Links lead round in a circle.</exception>
    public static string RealPath(string path) => Resolve(System.IO.Path.GetFullPath(path), 0);

    /// <summary>Says that a file is not there; of a link, also where it leads.</summary>
    /// <param name="path">A path at which there is no file.</param>
    /// <returns>A sentence.</returns>
    public static string Missing(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget is { } target ? $"{path} is a link to {target}, which doesn't exist." : $"The file {path} doesn't exist.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The file {path} doesn't exist.";
        }
    }

    /// <summary>What lies at a path that is no folder, for a message.</summary>
    /// <param name="path">The path.</param>
    /// <returns><c>a file</c>, or a link and why it leads to none.</returns>
    public static string WhatIs(string path)
    {
        try
        {
            return Find(path) is null && new FileInfo(path).LinkTarget is { } target ? $"a link to {target}, which doesn't exist" : "a file";
        }
        catch (IOException)
        {
            return "a link that leads round in a circle";
        }
        catch (UnauthorizedAccessException)
        {
            return "a file";
        }
    }

    private static string Resolve(string full, int links)
    {
        var resolved = System.IO.Path.GetPathRoot(full)!;
        foreach (var part in full[resolved.Length..].Split(System.IO.Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = System.IO.Path.Combine(resolved, part);
            if (new FileInfo(next).LinkTarget is { } target)
            {
                if (links++ == MostLinks)
                {
                    throw new IOException($"The links of {full} lead round in a circle.");
                }

                next = Resolve(System.IO.Path.GetFullPath(target, resolved), links);
            }

            resolved = next;
        }

        return resolved;
    }
}
