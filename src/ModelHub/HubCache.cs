using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// Repositories that other programs have fetched into the local Hugging Face cache: <c>models--OWNER--NAME/snapshots/COMMIT</c>, whose files are links into
/// <c>blobs</c>, and <c>refs/REVISION</c>, which holds a commit. It is only read here: nothing is fetched into it.
/// </summary>
/// <remarks>Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache and the environment variables described there.</remarks>
public static class HubCache
{
    private const string Main = "main";
    private const int LongestReference = 200;

    /// <summary>Where the cache lies.</summary>
    /// <param name="variable">Looks up a variable of the environment; null takes the process's own.</param>
    /// <returns>Absolute path of a folder that need not exist.</returns>
    public static string Folder(Func<string, string?>? variable = null)
    {
        variable ??= Environment.GetEnvironmentVariable;
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        string? Given(string name) =>
            variable(name) is { Length: > 0 } text
                ? Path.GetFullPath(text.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(home, text[2..]) : text)
                : null;
        return Given("HF_HUB_CACHE")
            ?? Given("HUGGINGFACE_HUB_CACHE")
            ?? Path.Combine(Given("HF_HOME") ?? Path.Combine(Given("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "huggingface"), "hub");
    }

    /// <summary>The folder of a repository's snapshot.</summary>
    /// <param name="text">OWNER/NAME, which takes the revision main, or OWNER/NAME@REVISION with a branch, a tag or (the beginning of) a commit.</param>
    /// <param name="field">The option, for messages.</param>
    /// <param name="variable">Looks up a variable of the environment; null takes the process's own.</param>
    /// <returns>Absolute path; null if the text names no repository of the cache.</returns>
    /// <exception cref="InvalidInputException">The repository is there, but not that revision of it.</exception>
    public static string? Find(string text, string field = "model", Func<string, string?>? variable = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var (repository, revision) = at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
        if (!RepositoryPath.IsRepository(repository))
        {
            return null;
        }

        var root = Path.Combine(Folder(variable), HubSnapshot.Prefix + repository.Replace("/", "--", StringComparison.Ordinal));
        if (!Directory.Exists(root))
        {
            return null;
        }

        var snapshots = Snapshots(root);
        if (revision is not null)
        {
            RepositoryPath.RequireRevision(revision);
        }

        var commit = Reference(root, revision ?? Main) ?? revision;
        var found = snapshots.Where(folder => commit is null || Path.GetFileName(folder).StartsWith(commit, StringComparison.Ordinal)).ToList();
        return found.Count == 1
            ? found[0]
            : throw new InvalidInputException(
                $"The Hugging Face cache {root} has {(found.Count == 0 ? "no files" : $"{found.Count} snapshots")} of "
                    + $"{repository}{(revision is null ? "" : $" at {revision}")}; it has "
                    + $"{(snapshots.Count == 0 ? "none at all" : Wording.List(snapshots.Select(Path.GetFileName)))}.",
                field,
                $"Name one of them, as {repository}@COMMIT, or fetch the model with: oneshot models pull {repository}"
            );
    }

    /// <summary>All repositories of the cache that are models or CLIPs in the layouts that are read here, at their revision main.</summary>
    /// <param name="variable">Looks up a variable of the environment; null takes the process's own.</param>
    /// <returns>OWNER/NAME and the snapshot's folder, by name.</returns>
    public static IReadOnlyList<(string Repository, string Folder)> List(Func<string, string?>? variable = null)
    {
        try
        {
            return
            [
                .. Directory
                    .EnumerateDirectories(Folder(variable), HubSnapshot.Prefix + "*")
                    .Select(root =>
                        (
                            Repository: Path.GetFileName(root)[HubSnapshot.Prefix.Length..].Replace("--", "/", StringComparison.Ordinal),
                            Commit: Reference(root, Main),
                            Root: root
                        )
                    )
                    .Where(found => found.Commit is { Length: > 0 })
                    .Select(found => (found.Repository, Folder: Path.Combine(found.Root, HubSnapshot.Snapshots, found.Commit!)))
                    .Where(found => File.Exists(Path.Combine(found.Folder, "model_index.json")))
                    .OrderBy(found => found.Repository, StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>OWNER/NAME of a snapshot's folder; null of any other.</summary>
    /// <param name="folder">A folder.</param>
    public static string? RepositoryOf(string folder) => HubSnapshot.NameOf(folder)?.Replace("--", "/", StringComparison.Ordinal);

    private static List<string> Snapshots(string root)
    {
        var folder = Path.Combine(root, HubSnapshot.Snapshots);
        return Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)] : [];
    }

    // A branch or tag may hold slashes; a text that leads out of the folder is none.
    private static string? Reference(string root, string revision)
    {
        try
        {
            var path = Path.Combine(root, "refs", revision);
            if (LinkedFile.Find(path) is not { Length: <= LongestReference })
            {
                return null;
            }

            var commit = File.ReadAllText(path).Trim();
            return commit.Length > 0 && commit.All(char.IsAsciiLetterOrDigit) ? commit : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
