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
}
