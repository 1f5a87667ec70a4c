using System.Text.RegularExpressions;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Tokenization;

/// <summary>
/// Finds what a prompt says that nobody here reads: <c>&lt;...&gt;</c> that names no object, which the text encoder would take for punctuation and letters, and
/// the signs of web interfaces.
/// </summary>
/// <param name="known">The identifiers, and other words with learned vectors.</param>
public sealed partial class PromptCheck(IReadOnlyCollection<string> known)
{
    // A word may have one mistake in so many letters.
    private const int LettersAnError = 3;
    private const int LongestShown = 80;

    /// <summary>Reads a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="what">What it is, at the beginning of a sentence, such as "The prompt".</param>
    /// <returns>The prompt with the identifiers that are meant, and what is to be told.</returns>
    public CheckedPrompt Check(string prompt, string what = "The prompt")
    {
        ArgumentNullException.ThrowIfNull(prompt);
        List<string> notes = [];
        PromptProblem? problem = null;
        var shown = $"{what} \"{Wording.Cut(prompt, LongestShown)}\"";
        var text = Bracketed()
            .Replace(
                prompt,
                match =>
                {
                    if (IsKnown(match.Value))
                    {
                        return match.Value;
                    }

                    if (Network().Match(match.Value) is { Success: true } network)
                    {
                        problem ??= new PromptProblem(
                            $"{shown}: {Shown(match.Value)} is not read here; LoRAs are given beside the prompt.",
                            $"Leave it out, and give the file with {Option(network)}."
                        );
                        return match.Value;
                    }

                    if (
                        IdentifierName.Of(match.Value[1..^1]) is { } meant
                        && known.FirstOrDefault(word => string.Equals(word, meant, StringComparison.OrdinalIgnoreCase)) is { } word
                    )
                    {
                        notes.Add($"{shown}: {Shown(match.Value)} was read as {word}.");
                        return word;
                    }

                    problem ??= Unknown(shown, match.Value);
                    return match.Value;
                }
            );
        string? foreign = null;
        if (Signs(text) is { Count: > 0 } signs)
        {
            foreign =
                $"{shown}: {Wording.List(signs, longest: LongestShown)} {(signs.Count == 1 ? "is" : "are")} how web interfaces write weights and parts of "
                + $"prompts; here {(signs.Count == 1 ? "it is" : "they are")} read as plain words and punctuation.";
        }

        return new CheckedPrompt(text, notes, foreign, problem);
    }

    /// <summary>What is to be told of prompts that are drawn as they are: those of requests that were made without a command line.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <returns>A sentence each.</returns>
    public IEnumerable<string> Warnings(IEnumerable<string> prompts)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        foreach (var prompt in prompts)
        {
            var read = Check(prompt);
            if (read.Prompt != prompt)
            {
                yield return $"The prompt \"{Wording.Cut(prompt, LongestShown)}\" names an identifier by other letters than its own: "
                    + $"\"{Wording.Cut(read.Prompt, LongestShown)}\" would be it.";
            }

            if (read.Problem is { } problem)
            {
                yield return $"{problem.Message} {problem.Hint}";
            }

            if (read.Foreign is { } foreign)
            {
                yield return foreign;
            }
        }
    }

    private bool IsKnown(string text) =>
        text is "<|startoftext|>" or "<|endoftext|>" || known.Any(word => text.Contains(word, StringComparison.OrdinalIgnoreCase));

    private PromptProblem Unknown(string shown, string text)
    {
        var identifiers = known.Where(word => word.StartsWith('<')).ToList();
        var nearest = identifiers.Select(word => (Word: word, Distance: NearestWord.Distance(word, text))).OrderBy(pair => pair.Distance).FirstOrDefault();
        var hint =
            nearest.Word is not null && nearest.Distance <= Math.Max(2, (Math.Max(text.Length, nearest.Word.Length) - 2) / LettersAnError)
                ? $"Did you mean {nearest.Word}?"
            : identifiers.Count > 0 ? $"There {(identifiers.Count == 1 ? "is" : "are")} {Wording.List(identifiers)}."
            : "No learned object is given: take one with --implantation, or with --lora and --embedding.";
        return new PromptProblem($"{shown}: {Shown(text)} is no identifier of a learned object.", hint);
    }

    private static List<string> Signs(string prompt)
    {
        List<string> signs =
        [
            .. Weights()
                .Matches(prompt)
                .Concat(Doubled().Matches(prompt))
                .Concat(Squares().Matches(prompt))
                .Concat(Choices().Matches(prompt))
                .OrderBy(match => match.Index)
                .Select(match => match.Value),
        ];
        if (Break().IsMatch(prompt) && prompt.Any(char.IsLower))
        {
            signs.Add("BREAK");
        }

        return [.. signs.Distinct(StringComparer.Ordinal)];
    }

    private static string Shown(string text) => Wording.Cut(text, LongestShown);

    private static string Option(Match network) =>
        network.Groups["kind"].Value.StartsWith("hyper", StringComparison.OrdinalIgnoreCase)
            ? "--lora, if it is a LoRA (hypernetworks are not read)"
            : $"--lora {Shown(network.Groups["name"].Value)}.safetensors{(network.Groups["weight"] is { Length: > 0 } weight ? $":{weight.Value}" : "")}";

    // Something with a letter or digit at both ends, so that "a < b" and "<3" are none.
    [GeneratedRegex(@"<(?:[\p{L}\p{N}](?:[^<>]{0,126}[\p{L}\p{N}\p{M}_-])?|[^<>\s]*[\p{L}\p{So}\p{Cs}][^<>\s]*)>", RegexOptions.CultureInvariant)]
    private static partial Regex Bracketed();

    [GeneratedRegex(
        @"^<(?<kind>lora|lyco|lycoris|locon|hypernet|hypernetwork):(?<name>[^:<>]+)(?::(?:[a-z]+=)?(?<weight>-?[0-9.]+))?[^<>]*>$",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase
    )]
    private static partial Regex Network();

    [GeneratedRegex(@"[(\[][^()\[\]]*:\s*-?[0-9]*\.?[0-9]+\s*[)\]]", RegexOptions.CultureInvariant)]
    private static partial Regex Weights();

    [GeneratedRegex(@"\(\([^()]*\)+", RegexOptions.CultureInvariant)]
    private static partial Regex Doubled();

    [GeneratedRegex(@"\[+[^\[\]:]+\]+", RegexOptions.CultureInvariant)]
    private static partial Regex Squares();

    [GeneratedRegex(@"\{[^{}]*\|[^{}]*\}", RegexOptions.CultureInvariant)]
    private static partial Regex Choices();

    [GeneratedRegex(@"\bBREAK\b", RegexOptions.CultureInvariant)]
    private static partial Regex Break();
}

/// <summary>A prompt that was read.</summary>
/// <param name="Prompt">The prompt as it is to be encoded.</param>
/// <param name="Notes">What was understood in another way than it is written, each a sentence.</param>
/// <param name="Foreign">A sentence about signs of web interfaces, which are read as plain text; null without any.</param>
/// <param name="Problem">What can't have been meant; null without any.</param>
public sealed record CheckedPrompt(string Prompt, IReadOnlyList<string> Notes, string? Foreign, PromptProblem? Problem);

/// <summary>A part of a prompt that nobody reads.</summary>
/// <param name="Message">Which.</param>
/// <param name="Hint">What was perhaps meant.</param>
public sealed record PromptProblem(string Message, string Hint);
