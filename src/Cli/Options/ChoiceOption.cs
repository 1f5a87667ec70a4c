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
            if (result.Tokens.Count > 0 && !choices.Contains(result.Tokens[0].Value))
            {
                result.AddError($"{name} must be {string.Join(", ", choices[..^1])} or {choices[^1]}, but is '{result.Tokens[0].Value}'.");
            }
        });
    }
}
