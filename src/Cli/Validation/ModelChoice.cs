using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Validation;

/// <summary>The model of a command, opened: configurations and headers are read, weights are not.</summary>
/// <param name="Entry">The base model.</param>
/// <param name="Clip">A CLIP given apart; null takes the one in the model's folder.</param>
/// <param name="Folder">The opened folder.</param>
internal sealed record ModelChoice(ModelEntry Entry, ModelEntry? Clip, ModelFolder Folder)
{
    private static readonly string[] s_parts = ["unet", "vae", "text_encoder"];
    private ClipTokenizer? _tokenizer;

    /// <summary>Pixels a latent value stands for, on each side.</summary>
    public int VaeFactor => Folder.Vae.Factor;

    /// <summary>Finds and opens a model.</summary>
    /// <param name="catalog">Known models.</param>
    /// <param name="model">Name or path; null takes the default.</param>
    /// <param name="clip">Name or path of a CLIP; or null.</param>
    /// <returns>The model.</returns>
    /// <exception cref="InvalidInputException">Not found, incomplete, damaged, or its parts don't fit.</exception>
    public static ModelChoice Open(ModelCatalog catalog, string? model, string? clip)
    {
        var entry = catalog.Find(model ?? ModelCatalog.Default);
        var clipEntry = clip is null ? null : catalog.Find(clip, "clip");
        var folder = OpenFolder(entry, clipEntry, catalog);
        CheckHeaders([.. s_parts.Select(part => Path.Combine(folder.Path, part)), .. folder.ClipFolder is { } own ? [own] : Array.Empty<string>()]);
        return new ModelChoice(entry, clipEntry, folder);
    }

    /// <summary>
    /// Opens the model of a job that goes to a server, if it is one that comes with the program and so is the same there. One of the same name that somebody
    /// put on this machine may be another than the server's.
    /// </summary>
    /// <param name="catalog">Known models.</param>
    /// <param name="model">Its name; null takes the default.</param>
    /// <param name="clip">Name of a CLIP; or null.</param>
    /// <returns>The model; null if only the server has it.</returns>
    /// <exception cref="InvalidInputException">No name, but a path or a repository.</exception>
    public static ModelChoice? OpenShipped(ModelCatalog catalog, string? model, string? clip)
    {
        RequireName(model, "model");
        RequireName(clip, "clip");
        var name = model ?? ModelCatalog.Default;
        return clip is null && catalog.List().Any(entry => entry.Shipped && entry.Name == name) ? Open(catalog, name, null) : null;
    }

    /// <summary>Checks an identifier against the vocabulary.</summary>
    /// <param name="token">The identifier.</param>
    /// <exception cref="InvalidInputException">It is a word already, or has another form.</exception>
    public void CheckToken(string token)
    {
        var bare = !token.StartsWith('<') && !token.Any(char.IsWhiteSpace) && token.Length is > 0 and <= LearnedToken.MaxNameLength;
        if ((bare || token.StartsWith('<')) && Tokenizer.IsVocabularyWord(token))
        {
            throw new InvalidInputException(
                $"The identifier \"{token}\" is already a word of the vocabulary of {Entry.Name}, so it can't name a new object.",
                "token",
                bare ? $"Use \"<{token}>\"." : "Use another name."
            );
        }

        LearnedToken.Validate(token);
    }

    /// <summary>Refuses a side that the VAE can't make.</summary>
    /// <param name="value">Pixels; null is fine.</param>
    /// <param name="field">The option.</param>
    /// <exception cref="InvalidInputException">Not a multiple of <see cref="VaeFactor"/>.</exception>
    public void CheckSide(long? value, string field)
    {
        if (value is { } side && side % VaeFactor != 0)
        {
            var below = side / VaeFactor * VaeFactor;
            throw new InvalidInputException(
                $"--{field} {side} is no multiple of {VaeFactor}, which the VAE of {Entry.Name} needs.",
                field,
                $"Use {(below > 0 ? $"{below} or " : "")}{below + VaeFactor}."
            );
        }
    }

    private ClipTokenizer Tokenizer => _tokenizer ??= ClipTokenizer.Load(Folder.TokenizerFolder, Folder.TextEncoder.MaxPositionEmbeddings);

    /// <summary>Refuses what can't name a model of a server.</summary>
    /// <param name="name">The name; null is fine.</param>
    /// <param name="field">The option.</param>
    /// <exception cref="InvalidInputException">It is a path or a repository.</exception>
    public static void RequireName(string? name, string field)
    {
        if (name is not null && !TextRules.IsName(name))
        {
            throw new InvalidInputException(
                $"--{field} {name} is no name of a model, and a server knows models by name alone.",
                field,
                "Give the name that the server has for it; a path or a repository means nothing there."
            );
        }
    }

    private static ModelFolder OpenFolder(ModelEntry entry, ModelEntry? clip, ModelCatalog catalog)
    {
        try
        {
            return ModelFolder.Open(entry.Folder, clip?.Folder, catalog.Converted);
        }
        catch (InvalidInputException e) when (HubCache.RepositoryOf(entry.Folder) is { } repository)
        {
            // Others fetch parts of a repository alone.
            throw new InvalidInputException(e.Message, e.Field, $"Fetch all of the model with: oneshot models pull {repository}", e);
        }
    }

    // Headers say whether a file is whole; looking at them costs nothing beside a job that would fail minutes later.
    private static void CheckHeaders(IEnumerable<string> folders)
    {
        foreach (var file in folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*.safetensors")))
        {
            try
            {
                SafetensorsFile.Open(file).Dispose();
            }
            catch (InvalidInputException e)
            {
                // Several parts have files of the same name.
                var part = Path.GetFileName(Path.GetDirectoryName(file));
                throw new InvalidInputException($"In {part}: {e.Message}", $"{part}/{Path.GetFileName(file)}", e.Hint, e);
            }
        }
    }
}
