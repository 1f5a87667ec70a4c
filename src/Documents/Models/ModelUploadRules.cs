using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Models;

/// <summary>Which models can be uploaded: weights as safetensors, their configuration, and nothing that runs.</summary>
public static class ModelUploadRules
{
    /// <summary>Length of a part, in bytes.</summary>
    public const long PartBytes = 64L << 20;

    /// <summary>Most files of a model.</summary>
    public const int MostFiles = 256;

    /// <summary>Longest file, in bytes.</summary>
    public const long MostFileBytes = 32L << 30;

    private const int LongestPath = 200;

    private static readonly string[] s_endings = [".safetensors", ".json", ".txt"];

    private static readonly string[] s_roots = ["model_index.json", "config.json"];

    /// <summary>Finds everything that is wrong with an upload.</summary>
    /// <param name="upload">The upload.</param>
    /// <returns>The problems, in the order of the fields.</returns>
    public static IEnumerable<SettingProblem> Find(ModelUpload upload)
    {
        ArgumentNullException.ThrowIfNull(upload);
        var name = FindInName(upload.Name);
        if (upload.Files.IsDefaultOrEmpty || upload.Files.Length > MostFiles)
        {
            return name.Append(
                new SettingProblem("files", $"files has {(upload.Files.IsDefault ? 0 : upload.Files.Length)} entries; it must be from 1 to {MostFiles}.")
            );
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var problems = name.Concat(upload.Files.SelectMany((file, i) => Find($"files[{i}]", file, seen)));
        return upload.Files.Any(file => s_roots.Contains(file.Path))
            ? problems
            : problems.Append(
                new SettingProblem("files", $"files lacks {s_roots[0]}, which a model in diffusers' layout has, and {s_roots[1]}, which a CLIP has.")
            );
    }

    /// <summary>Whether files of such a name are taken.</summary>
    /// <param name="path">The file.</param>
    /// <returns>False for all that runs, or may.</returns>
    public static bool TakesEnding(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return s_endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal));
    }

    /// <summary>Finds what is wrong with a model's name. It becomes a file's, and no store takes one that ends with a dot.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The problem, if there is one.</returns>
    public static IEnumerable<SettingProblem> FindInName(string? name) =>
        TextRules.IsName(name) && name![^1] == '.'
            ? [new SettingProblem("name", $"name is '{SettingRules.Shown(name)}'; it must not end with a dot.")]
            : RequestValidator.FindInName("name", name);

    /// <summary>Whether a text can be a model's name (<see cref="FindInName"/>).</summary>
    /// <param name="name">The text.</param>
    /// <returns>Whether.</returns>
    public static bool IsName(string? name) => !FindInName(name).Any();

    private static IEnumerable<SettingProblem> Find(string field, JobFile file, HashSet<string> seen)
    {
        if (!IsPath(file.Path))
        {
            yield return new SettingProblem(
                $"{field}.path",
                $"{field}.path is '{SettingRules.Shown(file.Path)}'; use names of letters, digits, '-', '_' or '.', with '/' between them."
            );
        }
        else if (!TakesEnding(file.Path))
        {
            yield return new SettingProblem(
                $"{field}.path",
                $"{field}.path is '{SettingRules.Shown(file.Path)}'; only {string.Join(", ", s_endings)} are taken: no pickle and no code is ever opened."
            );
        }
        else if (!seen.Add(file.Path))
        {
            yield return new SettingProblem($"{field}.path", $"{field}.path {SettingRules.Shown(file.Path)} stands there twice.");
        }

        if (file.Bytes is < 0 or > MostFileBytes)
        {
            yield return new SettingProblem($"{field}.bytes", $"{field}.bytes is {file.Bytes}; it must be from 0 to {MostFileBytes}.");
        }

        foreach (var problem in RequestValidator.FindInHash($"{field}.sha256", file.Sha256))
        {
            yield return problem;
        }
    }

    private static bool IsPath(string? path) =>
        path is { Length: > 0 and <= LongestPath } && path.Split('/').All(part => TextRules.IsName(part) && part[^1] != '.');
}
