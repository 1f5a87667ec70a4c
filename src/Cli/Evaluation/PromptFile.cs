using System.Text;
using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Evaluation;

/// <summary>
/// What each picture was drawn for. Three forms, told apart by what is in the file: JSON lines <c>{"image", "prompt"}</c> where the first line begins with a
/// brace; lines of name, tab and prompt where any line has a tab; else a prompt a line in the order of the pictures' names, or one line for all. Empty lines
/// are passed over.
/// </summary>
internal static class PromptFile
{
    private const long MaximumBytes = 32 << 20;

    /// <summary>Reads the prompts of pictures.</summary>
    /// <param name="path">The file.</param>
    /// <param name="names">The pictures' names, in their order.</param>
    /// <returns>A prompt for each picture, as it stands in the file.</returns>
    /// <exception cref="InvalidInputException">It can't be read, a line is wrong, or a picture has no prompt.</exception>
    public static IReadOnlyList<string> Read(string path, IReadOnlyList<string> names)
    {
        var lines = Lines(path);
        if (lines.Count == 0)
        {
            throw Bad($"The file {path} of --prompts holds no prompt.", "Write one prompt a line.");
        }

        if (lines[0].Text.StartsWith('{'))
        {
            return ByName(path, names, lines.Select(line => OfJson(path, line)));
        }

        if (lines.Any(line => line.Text.Contains('\t')))
        {
            return ByName(path, names, lines.Select(line => OfTabs(path, line)));
        }

        return lines.Count == 1 ? [.. names.Select(_ => Checked(path, lines[0].Number, lines[0].Text))]
            : lines.Count == names.Count ? [.. lines.Select(line => Checked(path, line.Number, line.Text))]
            : throw Bad(
                $"The file {path} of --prompts holds {lines.Count} prompts for {names.Count} pictures.",
                "Write one a line in the order of the pictures' names, one line for all, or lines of NAME<tab>PROMPT."
            );
    }

    /// <summary>Puts a class name in the place of each <c>&lt;identifier&gt;</c>.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="className">The class name; null takes the word between the brackets, without the number of a second object: "dog" of &lt;dog-2&gt;.</param>
    /// <returns>The prompt without identifiers.</returns>
    public static string WithClassName(string prompt, string? className) => ClassWords.InPlaceOfAll(prompt, className);

    private static List<(int Number, string Text)> Lines(string path)
    {
        if (!File.Exists(path))
        {
            throw Bad(
                Directory.Exists(path) ? $"--prompts {path} is a folder, not a file." : $"The file {path} of --prompts does not exist.",
                "Give a text file with the prompts."
            );
        }

        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(StrictJson.ReadFile(path, MaximumBytes)).TrimStart('\uFEFF');
            return [.. text.Split('\n').Select((line, i) => (Number: i + 1, Text: line.Trim(' ', '\r'))).Where(line => !string.IsNullOrWhiteSpace(line.Text))];
        }
        catch (DecoderFallbackException)
        {
            throw Bad($"The file {path} of --prompts is no text in UTF-8.", "Save it as UTF-8.");
        }
        catch (UnusableJsonException e)
        {
            throw Bad($"The file {path} of --prompts {e.Message}.", "Give a text file with the prompts.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Bad($"The file {path} of --prompts can't be read: {e.Message}", "Check its permissions.");
        }
    }

    private static List<string> ByName(string path, IReadOnlyList<string> names, IEnumerable<(string Name, string Prompt, int Number)> lines)
    {
        var prompts = new Dictionary<string, string>(StringComparer.Ordinal);
        var known = names.ToHashSet(StringComparer.Ordinal);
        foreach (var (name, prompt, number) in lines)
        {
            if (!known.Contains(name))
            {
                throw Bad(
                    $"Line {number} of {path} names {Wording.Cut(name, Wording.LongestItem)}, which --images does not hold.",
                    "Take the line out, or put the picture in."
                );
            }

            if (!prompts.TryAdd(name, prompt))
            {
                throw Bad($"Line {number} of {path} names {Wording.Cut(name, Wording.LongestItem)} again.", "Give each picture one line.");
            }
        }

        var lacking = names.Where(name => !prompts.ContainsKey(name)).ToList();
        return lacking.Count == 0
            ? [.. names.Select(name => prompts[name])]
            : throw Bad($"The file {path} of --prompts has no line for {Wording.List(lacking, most: 3)}.", "Give each picture a line.");
    }

    private static (string Name, string Prompt, int Number) OfTabs(string path, (int Number, string Text) line)
    {
        var parts = line.Text.Split('\t');
        return parts.Length == 2
            ? (parts[0].Trim(), Checked(path, line.Number, parts[1].Trim()), line.Number)
            : throw Bad($"Line {line.Number} of {path} is not NAME<tab>PROMPT.", "Write the picture's file name, a tab, and its prompt.");
    }

    private static (string Name, string Prompt, int Number) OfJson(string path, (int Number, string Text) line)
    {
        try
        {
            var root = StrictJson.Parse(Encoding.UTF8.GetBytes(line.Text));
            return
                root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("image", out var image)
                && image.ValueKind == JsonValueKind.String
                && root.TryGetProperty("prompt", out var prompt)
                && prompt.ValueKind == JsonValueKind.String
                ? (image.GetString()!, Checked(path, line.Number, prompt.GetString()!), line.Number)
                : throw Bad($"Line {line.Number} of {path} lacks the texts image and prompt.", "Write {\"image\": \"NAME\", \"prompt\": \"TEXT\"}.");
        }
        catch (UnusableJsonException e)
        {
            throw Bad($"Line {line.Number} of {path} {e.Message}.", "Write {\"image\": \"NAME\", \"prompt\": \"TEXT\"}.");
        }
    }

    private static string Checked(string path, int number, string prompt) =>
        prompt.Length <= TextRules.Prompt
            ? prompt
            : throw Bad($"The prompt in line {number} of {path} has {prompt.Length} characters; at most {TextRules.Prompt} are read.", "Shorten it.");

    private static InvalidInputException Bad(string message, string hint) => new(message, "prompts", hint);
}
