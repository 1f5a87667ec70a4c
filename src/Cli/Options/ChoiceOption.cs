using System.CommandLine;

namespace OrleansOneShot.Cli.Options;

/// <summary>An option that takes one of a few words.</summary>
internal sealed class ChoiceOption : Option<string>
{
    /// <summary>Creates the option.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="choices">The words; the first is the default.</param>
    public ChoiceOption(string name, string description, params string[] choices)
        : base(name)
    {
        Description = description;
        HelpName = string.Join('|', choices);
        DefaultValueFactory = _ => choices[0];
        CompletionSources.Add(_ => choices.Select(choice => new System.CommandLine.Completions.CompletionItem(choice)));
        Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !choices.Contains(WordOf(result.Tokens[0].Value, choices)))
            {
                result.AddError($"{name} must be {string.Join(", ", choices[..^1])} or {choices[^1]}, but is '{result.Tokens[0].Value}'.");
            }
        });
    }

    /// <summary>The word that a person means, who may write textual-inversion for textual_inversion.</summary>
    /// <param name="given">What was written.</param>
    /// <param name="words">The words.</param>
    /// <returns>One of the words, or what was written.</returns>
    public static string WordOf(string given, IReadOnlyCollection<string> words)
    {
        var word = given.Replace('-', '_');
        return words.Contains(given) || !words.Contains(word) ? given : word;
    }
}
