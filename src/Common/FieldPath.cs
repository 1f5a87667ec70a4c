namespace OrleansOneShot.Common;

/// <summary>
/// How messages name a place in a document: <c>objects[1].token</c>. A name that holds dots, brackets or quotes stands in brackets and quotes, as in JSONPath
/// (RFC 9535): <c>metadata['a.b']</c>.
/// </summary>
public static class FieldPath
{
    private const string Open = "['";
    private const string Close = "']";

    /// <summary>The path of a member.</summary>
    /// <param name="path">The path of what it is a member of; empty for the document.</param>
    /// <param name="name">Its name.</param>
    /// <returns>Its path.</returns>
    public static string Join(string path, string name)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(name);
        return name.Length == 0 || name.AsSpan().ContainsAny(".[]'") ? $"{path}{Open}{name}{Close}"
            : path.Length == 0 ? name
            : $"{path}.{name}";
    }

    /// <summary>The names and the numbers on the way to a place.</summary>
    /// <param name="path">The path; one that begins with JSONPath's "$" is understood too.</param>
    /// <returns>Such as objects, 1, token; nothing for the document.</returns>
    public static IEnumerable<string> Split(string? path)
    {
        var rest =
            path is null ? ""
            : path.StartsWith('$') ? path[1..]
            : path;
        while (rest.Length > 0)
        {
            if (rest.StartsWith(Open, StringComparison.Ordinal) && End(rest) is > 0 and var end)
            {
                yield return rest[Open.Length..end];
                rest = rest[(end + Close.Length)..];
                continue;
            }

            rest = rest.TrimStart('.', '[', ']');
            var stop = rest.AsSpan().IndexOfAny('.', '[', ']');
            var part = stop < 0 ? rest : rest[..stop];
            rest = rest[part.Length..];
            if (part.Length > 0)
            {
                yield return part;
            }
        }
    }

    /// <summary>Where a name in quotes ends: at the first end behind which something else begins, since the name itself may hold one.</summary>
    private static int End(string rest)
    {
        var end = rest.IndexOf(Close, Open.Length, StringComparison.Ordinal);
        while (end >= 0 && end + Close.Length < rest.Length && rest[end + Close.Length] is not ('.' or '['))
        {
            end = rest.IndexOf(Close, end + 1, StringComparison.Ordinal);
        }

        return end;
    }
}
