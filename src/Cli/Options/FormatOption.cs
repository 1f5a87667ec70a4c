using System.CommandLine;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--format text|json</c>.</summary>
internal sealed class FormatOption : Option<string>
{
    public const string OptionName = "--format";

    public FormatOption()
        : base(OptionName)
    {
        Description = "text: for people; json: one JSON document on stdout (for streams one a line) and nothing else.";
        DefaultValueFactory = _ => "text";
        this.AcceptOnlyFromAmong("text", "json");
    }
}
