using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>
/// Reads a folder as DreamBooth's data set has it: a subfolder a subject, class names in <c>prompts_and_classes.txt</c>. The first photo by name is the one to
/// learn from; its mask is <c>NAME-mask.png</c> or <c>mask.png</c> beside it, else it is cut from all but the photo's border.
/// </summary>
/// <param name="folder">Absolute path of the folder.</param>
/// <param name="check">Checks the items.</param>
/// <param name="options">What items train and draw with.</param>
internal sealed class DreamBoothFolder(string folder, ItemCheck check, ItemOptions options)
{
    private const string ClassFile = "prompts_and_classes.txt";
    private const string MaskName = "mask";
    private const long MostClassBytes = 16 << 20;

    private static readonly string[] s_photos = [".png", ".jpg", ".jpeg", ".webp"];

    /// <summary>Reads it.</summary>
    /// <param name="cancellationToken">Stops between two subjects.</param>
    /// <returns>Its subjects, by name, and those that can't be.</returns>
    /// <exception cref="InvalidInputException">There is no such folder, or it has no subfolders, or too many.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public DatasetPlan Read(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
        {
            throw Refuse($"There is no folder {folder}.");
        }

        string[] subjects =
        [
            .. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal),
        ];
        if (subjects.Length is 0 or > DatasetRules.MostItems)
        {
            throw Refuse($"The folder {folder} has {subjects.Length} subfolders; it must be from 1 to {DatasetRules.MostItems}.");
        }

        var classes = ReadClasses();
        var (items, bad) = (new List<DatasetItemPlan>(), new List<BadItem>());
        foreach (var subject in subjects)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                items.Add(Read(subject, classes.GetValueOrDefault(subject)));
            }
            catch (InvalidInputException e)
            {
                bad.Add(new BadItem($"subject {Wording.Cut(subject, Wording.LongestItem)}", e.Hint is { } hint ? $"{e.Message} {hint}" : e.Message));
            }
        }

        return new DatasetPlan(items, bad);
    }

    /// <summary>The class that a subject's folder tells where no file does: "dog6" is a dog, and "duck_toy" a duck toy.</summary>
    /// <param name="subject">The folder's name.</param>
    internal static string ClassOf(string subject)
    {
        var words = subject.Replace('_', ' ').Trim();
        var bare = words.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').Trim(' ', '-');
        return bare.Length > 0 ? bare : words;
    }

    private static InvalidInputException Refuse(string message) =>
        new(message, "dreambooth", "Give a folder that has a subfolder with photos for each subject.");

    private DatasetItemPlan Read(string subject, string? known)
    {
        var names = Directory
            .EnumerateFiles(Path.Combine(folder, subject))
            .Select(path => Path.GetFileName(path))
            .Where(name => !name.StartsWith('.') && s_photos.Contains(Path.GetExtension(name).ToLowerInvariant()))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (names.Find(name => !IsMask(name)) is not { } photo)
        {
            throw new InvalidInputException(
                $"The folder {Path.Combine(folder, subject)} has no photo.",
                "dreambooth",
                $"Photos end with {string.Join(", ", s_photos)}."
            );
        }

        var own = Path.GetFileNameWithoutExtension(photo);
        var mask =
            names.Find(name => IsMask(name) && Path.GetFileNameWithoutExtension(name) == $"{own}-{MaskName}")
            ?? names.Find(name => Path.GetFileNameWithoutExtension(name) == MaskName);
        var name = known ?? ClassOf(subject);
        string[] notes = known is null ? [$"Taken for a {name}, after its folder's name; a line \"{subject},CLASS\" in {ClassFile} says otherwise."] : [];
        return check.Check(
            subject,
            Path.Combine(folder, subject, photo),
            [new ObjectArgument(mask is null ? null : Path.Combine(folder, subject, mask), Prompt: null, name, Token: null)],
            options,
            notes: notes
        );
    }

    private static bool IsMask(string name) =>
        Path.GetFileNameWithoutExtension(name) is var bare && (bare == MaskName || bare.EndsWith($"-{MaskName}", StringComparison.Ordinal));

    /// <summary>Lines <c>subject,class</c>; the published file also has prompts, which say nothing of subjects.</summary>
    private Dictionary<string, string> ReadClasses()
    {
        var classes = new Dictionary<string, string>(StringComparer.Ordinal);
        var file = Path.Combine(folder, ClassFile);
        if (LinkedFile.Find(file)?.Length is not (> 0 and <= MostClassBytes))
        {
            return classes;
        }

        foreach (var line in File.ReadLines(file))
        {
            if (line.Split(',', StringSplitOptions.TrimEntries) is [{ Length: > 0 } subject, { Length: > 0 } name])
            {
                classes.TryAdd(subject, name);
            }
        }

        return classes;
    }
}
