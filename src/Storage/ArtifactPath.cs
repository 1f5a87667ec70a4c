using OrleansOneShot.Common;

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
    /// <exception cref="ArgumentException">
    /// It is empty, absolute, too long, leaves the store, has a part that ends with '.', or holds other characters than letters, digits, '-', '_', '.' and '/'.
    /// </exception>
    public static string Require(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length is 0 or > MaxLength)
        {
            throw Refuse(path, $"it has {path.Length} characters; 1 to {MaxLength} are allowed");
        }
        foreach (var range in path.AsSpan().Split('/'))
        {
            var segment = path.AsSpan(range);
            if (!IsSegment(segment))
            {
                throw Refuse(path, "each part between '/' must be 1 to 200 letters, digits, '-', '_' or '.', and must not end with '.'");
            }
        }

        return path;
    }

    /// <summary>Checks the start of a path.</summary>
    /// <param name="prefix">Empty, or whole parts with '/' after each and the start of another.</param>
    /// <returns>The same text.</returns>
    /// <exception cref="ArgumentException">No path can start like that.</exception>
    public static string RequirePrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var slash = prefix.LastIndexOf('/');
        if (slash >= 0)
        {
            Require(prefix[..slash]);
        }
        var last = prefix.AsSpan(slash + 1);
        return last.Length <= MaxSegmentLength && HasOnlyAllowed(last)
            ? prefix
            : throw new ArgumentException($"'{prefix}' is no start of a path in the store.", nameof(prefix));
    }

    /// <summary>Whether a text can be one part of a path. One that ends with '.' can't: neither Windows nor Blob Storage keeps such names apart.</summary>
    /// <param name="segment">The text.</param>
    /// <returns>True if it can.</returns>
    public static bool IsSegment(ReadOnlySpan<char> segment) => segment.Length is > 0 and <= MaxSegmentLength && segment[^1] != '.' && HasOnlyAllowed(segment);

    private static bool HasOnlyAllowed(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    private static ArgumentException Refuse(string path, string why)
    {
        return new ArgumentException($"'{Wording.Cut(path, 100)}' is no path in the store: {why}.", nameof(path));
    }
}
