using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Models;

/// <summary>How a model that is sent is called there, whatever the way.</summary>
internal static class ModelNaming
{
    private const int HashDigits = 8;
    private const int LongestShown = 120;

    /// <summary>Lists the files of a model that is to get a name.</summary>
    /// <param name="model">The model; all of it is read.</param>
    /// <param name="name">The name; null: none was chosen.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The files, by path.</returns>
    /// <exception cref="OneShotException">invalid_input: the name can't be one; nothing was read.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public static Task<IReadOnlyList<ModelFile>> ListAsync(IModelSource model, string? name, CancellationToken cancellationToken)
    {
        RequireName(name);
        return model.ListAsync(cancellationToken);
    }

    /// <summary>Chooses the name.</summary>
    /// <param name="model">The model.</param>
    /// <param name="files">Its files, by path.</param>
    /// <param name="name">The name that it is to have; null: one that is of the same files there, else one made of the model's title and its files.</param>
    /// <param name="find">Finds the files of a name there; null if there is no such model.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The name, and whether it is of the same files there already.</returns>
    public static async Task<(string Name, bool IsThere)> ChooseAsync(
        IModelSource model,
        IReadOnlyList<ModelFile> files,
        string? name,
        Func<string, CancellationToken, Task<IReadOnlyList<ModelFile>?>> find,
        CancellationToken cancellationToken
    )
    {
        // The name of a folder that was given by path may be one that no request can hold.
        foreach (var candidate in (name is null ? [model.Name, NameOf(model, files)] : (string[])[name]).Where(IsName))
        {
            if (IsSame(await find(candidate, cancellationToken), files))
            {
                return (candidate, true);
            }
        }

        return (name ?? NameOf(model, files), false);
    }

    /// <summary>Whether what is there is what is sent.</summary>
    /// <param name="there">The files there; null: there are none.</param>
    /// <param name="files">The files, by path.</param>
    public static bool IsSame(IReadOnlyList<ModelFile>? there, IReadOnlyList<ModelFile> files) =>
        there is not null && there.OrderBy(file => file.Path, StringComparer.Ordinal).SequenceEqual(files);

    private static bool IsName(string name) => TextRules.IsName(name) && ArtifactPath.IsSegment(name);

    private static void RequireName(string? name)
    {
        if (name is not null && !IsName(name))
        {
            var shown = new string([.. name.Take(LongestShown).Select(c => char.IsControl(c) ? '?' : c)]);
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"'{shown}' can't name a model of a cluster.",
                    "name",
                    $"Use {TextRules.NameForm}, and begin with a letter or a digit."
                )
            );
        }
    }

    // The same files always have the same name, so that a model is sent once, whoever sends it.
    private static string NameOf(IModelSource model, IReadOnlyList<ModelFile> files)
    {
        var list = string.Concat(files.Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Path}\n{file.Bytes}\n{file.Sha256}\n")));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list)))[..HashDigits];
        var stem = new string([
            .. model.Title.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-').Take(TextRules.Name - HashDigits - 1),
        ]).TrimStart('-', '_', '.');
        return $"{(stem.Length == 0 ? "model" : stem)}-{hash}";
    }
}
