using System.Collections.Immutable;
using System.CommandLine;
using System.Text.RegularExpressions;
using OrleansOneShot.Common;
using OrleansOneShot.ModelHub;

namespace OrleansOneShot.Cli.Options;

/// <summary>Which models <c>serve</c> pulls for callers.</summary>
internal sealed partial class PullOption
{
    private const string All = "*";

    private readonly Option<string[]> _allow = new("--allow-pull")
    {
        HelpName = "REPO_PATTERN",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.ZeroOrMore,
        Description =
            $"Callers with the scope admin may have models pulled from the host of {HostAddress.Variable} (default: {ModelPullOptions.DefaultHost}): from "
            + "repositories that a pattern such as stabilityai/* fits, or from any without one. Give all silos the same (default: no pulls).",
    };

    /// <summary>Adds the option to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Options.Add(_allow);
        _allow.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => !Pattern().IsMatch(token.Value)) is { } unusable)
            {
                result.AddError($"--allow-pull is '{Wording.Cut(unusable.Value, Wording.LongestItem)}'; give OWNER/NAME, where * stands for any text.");
            }
        });
    }

    /// <summary>What was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The patterns; none: nothing is pulled.</returns>
    public ImmutableArray<string> Resolve(ParseResult parsed) =>
        parsed.GetResult(_allow) is not { Implicit: false } ? []
        : parsed.GetValue(_allow) is { Length: > 0 } patterns ? [.. patterns]
        : [All];

    [GeneratedRegex(@"^[A-Za-z0-9*][A-Za-z0-9_.*-]{0,95}(/[A-Za-z0-9*][A-Za-z0-9_.*-]{0,95})?\z")]
    private static partial Regex Pattern();
}
