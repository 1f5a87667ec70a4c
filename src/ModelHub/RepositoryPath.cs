using System.Text.RegularExpressions;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>The rules for names that users and hosts give: none of them leads out of the folder that it is meant for.</summary>
internal static partial class RepositoryPath
{
    /// <summary>Whether a text is NAME or OWNER/NAME. Others could lead to other addresses of the host than a repository's.</summary>
    public static bool IsRepository(string repository) => RepositoryPattern().IsMatch(repository) && !repository.Contains("..", StringComparison.Ordinal);

    /// <summary>Checks a repository's name.</summary>
    /// <exception cref="InvalidInputException">It is not NAME or OWNER/NAME.</exception>
    public static string RequireRepository(string repository) =>
        IsRepository(repository)
            ? repository
            : throw new InvalidInputException($"'{Shown(repository)}' is no repository.", "repo", "Write OWNER/NAME, such as openai/clip-vit-large-patch14.");

    /// <summary>Checks a branch, tag or commit.</summary>
    /// <exception cref="InvalidInputException">It is none.</exception>
    public static string RequireRevision(string revision) =>
        RevisionPattern().IsMatch(revision) && !revision.Contains("..", StringComparison.Ordinal)
            ? revision
            : throw new InvalidInputException($"'{Shown(revision)}' is no branch, tag or commit.", "revision", "Leave it out to take main.");

    /// <summary>Whether a text can be the name of a model, and so of its folder.</summary>
    /// <param name="name">The text.</param>
    /// <returns>Whether.</returns>
    public static bool IsName(string name) => ArtifactPath.IsSegment(name) && name[0] != '.';

    /// <summary>Checks the name that a model gets here.</summary>
    /// <exception cref="InvalidInputException">It can't be a folder's name.</exception>
    public static string RequireName(string name) =>
        IsName(name) ? name : throw new InvalidInputException($"'{Shown(name)}' can't name a model.", "name", "Use letters, digits, '-', '_' and '.'.");

    /// <summary>Checks a path of a host's listing.</summary>
    /// <exception cref="OneShotException">It is absolute or would leave its folder: nothing of such a host is fetched.</exception>
    public static string RequireWithin(string path)
    {
        var bad =
            path.Length is 0 or > ArtifactPath.MaxLength
            || path[0] == '/'
            || path.Contains('\\', StringComparison.Ordinal)
            || path.Any(char.IsControl)
            || (path.Length > 1 && path[1] == ':')
            || path.Split('/').Any(part => part is "" or "." or "..");
        return bad
            ? throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Failed,
                    $"The host lists the file '{Shown(path)}', which would lie outside the model's folder.",
                    "repo",
                    "Take the model from a host that you trust."
                )
            )
            : path;
    }

    /// <summary>A text from elsewhere, short and without characters that a terminal would obey.</summary>
    public static string Shown(string text) => new([.. text.Take(120).Select(c => char.IsControl(c) ? '?' : c)]);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.-]{0,95}(/[A-Za-z0-9][A-Za-z0-9_.-]{0,95})?\z")]
    private static partial Regex RepositoryPattern();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_./-]{0,199}\z")]
    private static partial Regex RevisionPattern();
}
