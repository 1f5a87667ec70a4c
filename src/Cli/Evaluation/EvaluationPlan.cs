using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Compute;
using OrleansOneShot.ModelHub;

namespace OrleansOneShot.Cli.Evaluation;

/// <summary>A checked <c>evaluate</c>: folders are listed, headers looked at, prompts read; no picture is decoded yet and no weights are loaded.</summary>
internal sealed record EvaluationPlan
{
    private const string ToyWorld =
        "The CLIP of toyworld-64 measures: it tells the 62 things and 15 backgrounds of that model apart, hardly one cat from another, and nothing of photos. "
        + "Give --clip MODEL for pictures of other models (openai/clip-vit-large-patch14 for Stable Diffusion 1.x).";

    /// <summary>The pictures.</summary>
    public required PictureFolder Images { get; init; }

    /// <summary>What each was drawn for, class names in place of identifiers.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>Photos of the object with their masks, where they have one.</summary>
    public required IReadOnlyList<(string Photo, string? Mask)> References { get; init; }

    /// <summary>The frozen model's pictures, each with the picture that it stands beside: its number among <see cref="Images"/>.</summary>
    public required IReadOnlyList<(string File, int Beside)> ClassImages { get; init; }

    /// <summary>The CLIP, or the base model that has it.</summary>
    public required ModelEntry Clip { get; init; }

    /// <summary>The DINO; null without one.</summary>
    public ModelEntry? Dino { get; init; }

    /// <summary>Pictures that are encoded at once.</summary>
    public required int Batch { get; init; }

    /// <summary>auto, cpu or cuda:N.</summary>
    public required string Device { get; init; }

    /// <summary>Absolute path of the document.</summary>
    public required string Out { get; init; }

    /// <summary>What people should know, each a sentence.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Checks a command line.</summary>
    /// <param name="options">The options.</param>
    /// <param name="parsed">Their values.</param>
    /// <param name="context">The command.</param>
    /// <exception cref="InvalidInputException">Something can't be used.</exception>
    public static EvaluationPlan Make(EvaluateOptions options, ParseResult parsed, CommandContext context)
    {
        var output = OutputPath.FileOf(parsed.GetRequiredValue(options.Out), "out", "Name a JSON file.");
        var images = PictureFolder.Open(parsed.GetRequiredValue(options.Images), "images");
        List<string> names = [.. images.Names];
        var className = parsed.GetValue(options.Class) is { } given ? ClassName.Check(given) : null;
        var stated = PromptFile.Read(parsed.GetRequiredValue(options.Prompts), names);
        List<string> prompts = [.. stated.Select(prompt => PromptFile.WithClassName(prompt, className))];
        var references = ReadReferences(parsed.GetRequiredValue(options.Reference), parsed.GetValue(options.Mask));
        var plain = parsed.GetValue(options.ClassImages) is { } folder ? Beside(PictureFolder.Open(folder, "class-images"), names) : [];
        var catalog = context.OpenCatalog(options.Data.Resolve(parsed));
        var clip = catalog.Find(parsed.GetValue(options.Clip) ?? ModelCatalog.Default, "clip");
        List<string> warnings = [];
        if (clip is { Shipped: true, Name: ModelCatalog.Default })
        {
            warnings.Add(ToyWorld);
        }

        if (className is null && stated.Zip(prompts).FirstOrDefault(pair => pair.First != pair.Second) is ({ } from, { } to))
        {
            warnings.Add($"Identifiers in prompts are read as the words in them: \"{from}\" as \"{to}\"; --class NAME gives another word.");
        }

        if (references.All(one => one.Mask is null))
        {
            warnings.Add("Without --mask nothing says what of the reference is the object: ia_object, colours, details and the ceiling are left out.");
        }
        else if (references.Count(one => one.Mask is null) is > 0 and var lacking)
        {
            warnings.Add(
                string.Create(CultureInfo.InvariantCulture, $"{lacking} of {references.Count} photos have no mask: figures of the object leave them out.")
            );
        }

        if (plain.Count == 0)
        {
            warnings.Add("Without --class-images there is neither floor nor ceiling to read the figures by, nor kid_clip.");
        }

        return new EvaluationPlan
        {
            Images = images,
            Prompts = prompts,
            References = references,
            ClassImages = plain,
            Clip = clip,
            Dino = parsed.GetValue(options.Dino) is { } dino ? catalog.Find(dino, "dino") : null,
            Batch = (int)parsed.GetValue(options.Batch)!.Value,
            Device = parsed.GetRequiredValue(options.Device),
            Out = output,
            Warnings = warnings,
        };
    }

    private static List<(string Photo, string? Mask)> ReadReferences(string path, string? mask)
    {
        if (!Directory.Exists(path))
        {
            PictureFolder.OfFiles([path], "reference");
            if (mask is not null)
            {
                PictureFolder.OfFiles([mask], "mask");
            }

            return [(Path.GetFullPath(path), mask is null ? null : Path.GetFullPath(mask))];
        }

        var photos = PictureFolder.Open(path, "reference").Files;
        if (mask is null)
        {
            return [.. photos.Select(photo => (photo, (string?)null))];
        }

        if (!Directory.Exists(mask))
        {
            throw new InvalidInputException(
                $"--mask {mask} is no folder, but --reference {path} is one.",
                "mask",
                "Give a folder of masks by the photos' names, or one photo as --reference."
            );
        }

        var masks = PictureFolder.Open(mask, "mask").Files.ToLookup(Path.GetFileNameWithoutExtension, StringComparer.Ordinal);
        var pairs = photos.Select(photo => (Photo: photo, Mask: masks[Path.GetFileNameWithoutExtension(photo)].FirstOrDefault())).ToList();
        return pairs.Any(pair => pair.Mask is not null)
            ? pairs
            : throw new InvalidInputException(
                $"No mask in {mask} has the name of a photo in {path}.",
                "mask",
                $"Name the mask of {Path.GetFileName(photos[0])} {Path.GetFileNameWithoutExtension(photos[0])}.png, and so on."
            );
    }

    private static List<(string File, int Beside)> Beside(PictureFolder plain, List<string> names)
    {
        var places = names.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i, StringComparer.Ordinal);
        List<string> own = [.. plain.Names];
        return own.TrueForAll(places.ContainsKey) ? [.. plain.Files.Select((file, i) => (file, places[own[i]]))]
            : own.Count == names.Count ? [.. plain.Files.Select((file, i) => (file, i))]
            : throw new InvalidInputException(
                $"--class-images holds {own.Count} pictures, --images {names.Count}, and their names differ: nothing says which stands beside which.",
                "class-images",
                "Give them the names of the pictures for the same prompts, or as many in the same order."
            );
    }
}
