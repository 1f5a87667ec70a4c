using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansOneShot.Common;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>The command line that a comparison was made by.</summary>
internal static class ComparisonCommandLine
{
    // Where work is done says nothing of its results, and a file of a key is nobody's business.
    private static readonly string[] s_places = ["--server", "--key-file", "--cluster", "--data", "--format", "--parallel", "--dry-run"];

    /// <summary>What was given, to be copied into a shell; without where it ran.</summary>
    /// <param name="parsed">The command line.</param>
    public static string Of(ParseResult parsed)
    {
        var words = new List<string> { "oneshot", "compare" };
        foreach (var option in parsed.CommandResult.Children.OfType<OptionResult>().Where(option => option is { Implicit: false, IdentifierToken: not null }))
        {
            if (s_places.Contains(option.Option.Name))
            {
                continue;
            }

            if (option.Tokens.Count == 0)
            {
                words.Add(option.Option.Name);
            }

            foreach (var token in option.Tokens)
            {
                words.Add(option.Option.Name);
                words.Add(token.Value);
            }
        }

        return string.Join(' ', words.Select(ShellWords.Quote));
    }
}
