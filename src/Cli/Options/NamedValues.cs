using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansOneShot.Cli.Options;

/// <summary>
/// Refuses options and arguments that were given without a value, all of them alike: a shell's empty variable is never what was meant, and no default stands in
/// for it. Options that name files refuse folders.
/// </summary>
internal static class NamedValues
{
    /// <summary>The options whose text may be empty.</summary>
    private static readonly string[] s_mayBeEmpty = ["--prompt", "--negative"];

    /// <summary>Adds the check to a command and all below it.</summary>
    /// <param name="command">The command.</param>
    public static void RequireIn(Command command)
    {
        foreach (var option in command.Options.Where(TakesValue))
        {
            option.Validators.Add(result =>
            {
                if (IsEmpty(result))
                {
                    result.AddError($"{option.Name} is empty: give {Wanted(option.HelpName)}{(option.Required ? "" : ", or leave the option out")}.");
                }
                else if (NamesFile(option) && result.Tokens.FirstOrDefault(token => Directory.Exists(token.Value)) is { } folder)
                {
                    result.AddError($"{option.Name} {folder.Value} is a folder, not a file.");
                }
            });
        }

        foreach (var argument in command.Arguments)
        {
            argument.Validators.Add(result =>
            {
                if (IsEmpty(result))
                {
                    result.AddError($"{argument.Name} is empty.");
                }
            });
        }

        foreach (var below in command.Subcommands)
        {
            RequireIn(below);
        }
    }

    /// <summary>Whether an option must not be given an empty value.</summary>
    /// <param name="option">The option.</param>
    internal static bool TakesValue(Option option) =>
        option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool) && !s_mayBeEmpty.Contains(option.Name);

    private static bool NamesFile(Option option) => option.HelpName?.StartsWith("FILE", StringComparison.Ordinal) == true;

    private static bool IsEmpty(SymbolResult result) => result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value));

    private static string Wanted(string? helpName) => string.IsNullOrEmpty(helpName) ? "a value" : helpName;
}
