namespace OrleansOneShot.Storage;

/// <summary>The rules for paths in a store.</summary>
public static class ArtifactPath
{
    /// <summary>Longest path, in characters.</summary>
    public const int MaxLength = 900;

    /// <summary>Longest segment, in characters: file systems allow 255, and a temporary name needs a few.</summary>
    public const int MaxSegmentLength = 200;

    /// <summary>Checks a path.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The same path.</returns>
    /// <exception cref="ArgumentException">It is empty, absolute, too long, leaves the store, or holds other characters than letters, digits, '-', '_', '.' and '/'.</exception>
    public static string Require(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length is 0 or > MaxLength)
            throw Refuse(path, $"it has {path.Length} characters; 1 to {MaxLength} are allowed");
        foreach (var range in path.AsSpan().Split('/'))
        {
            var segment = path.AsSpan(range);
            if (!IsSegment(segment))
                throw Refuse(path, "each part between '/' must be 1 to 200 letters, digits, '-', '_' or '.', and neither '.' nor '..'");
        }

        return path;
    }

    /// <summary>Whether a text can be one part of a path.</summary>
    /// <param name="segment">The text.</param>
    /// <returns>True if it can.</returns>
    public static bool IsSegment(ReadOnlySpan<char> segment)
    {
        if (segment.Length is 0 or > MaxSegmentLength || segment is "." or "..")
            return false;
        foreach (var c in segment)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
                return false;
        }

        return true;
    }

    private static ArgumentException Refuse(string path, string why)
    {
        var shown = path.Length > 100 ? string.Concat(path.AsSpan(0, 100), "...") : path;
        return new ArgumentException($"'{shown}' is no path in the store: {why}.", nameof(path));
    }
}
