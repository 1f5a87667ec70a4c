using System.CommandLine;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--format text|json</c>.</summary>
internal static class FormatOption
{
    public const string OptionName = "--format";

    /// <summary>A new option, one a command.</summary>
    /// <returns>The option.</returns>
    public static Option<string> Create() =>
        new ChoiceOption(OptionName, "text: for people; json: one JSON document on stdout (for streams one a line) and nothing else.", "text", "json");
}
