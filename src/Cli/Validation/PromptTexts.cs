using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Tokenization;

namespace OrleansOneShot.Cli.Validation;

/// <summary>Prompts of a command line, with the identifiers that are meant.</summary>
/// <param name="Prompts">The prompts.</param>
/// <param name="Notes">Which identifiers were understood, or not, each a sentence.</param>
/// <param name="Foreign">What is read as plain text though it was not meant so, each a sentence.</param>
internal sealed record PromptTexts(IReadOnlyList<string> Prompts, IReadOnlyList<string> Notes, IReadOnlyList<string> Foreign)
{
    /// <summary>Checks prompts before any work is done for them.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="option">The option that they were given by, without dashes.</param>
    /// <param name="known">Identifiers and other words with learned vectors.</param>
    /// <param name="refuses">Whether an identifier that there is none of is refused, because much work comes before the picture; else it is noted.</param>
    /// <returns>The prompts.</returns>
    /// <exception cref="InvalidInputException">One names an identifier that there is none of.</exception>
    public static PromptTexts Read(IEnumerable<string> prompts, string option, IReadOnlyCollection<string> known, bool refuses = false)
    {
        var check = new PromptCheck(known);
        List<string> texts = [];
        List<string> notes = [];
        List<string> foreign = [];
        foreach (var prompt in prompts)
        {
            var read = check.Check(prompt, option == "negative" ? "The negative prompt" : "The prompt");
            if (read.Problem is { } problem)
            {
                notes.Add(refuses ? throw new InvalidInputException(problem.Message, option, problem.Hint) : $"{problem.Message} {problem.Hint}");
            }

            texts.Add(read.Prompt);
            notes.AddRange(read.Notes);
            if (read.Foreign is { } sentence)
            {
                foreign.Add(sentence);
            }
        }

        return new PromptTexts(texts, notes, foreign);
    }
}
