using System.Collections.Immutable;
using System.CommandLine;
using OrleansOneShot.Common;

namespace OrleansOneShot.Cli.Options;

/// <summary>Which hosts webhooks may call besides those of the Internet.</summary>
internal sealed class WebhookOption
{
    private readonly Option<string[]> _allow = new("--webhook-allow")
    {
        HelpName = "CIDR_OR_HOST",
        Description =
            $"Webhooks may also call {ReachableHosts.Form}, by http as well; without it hosts of the Internet alone, by https. May be given more than once; "
            + "give all silos the same.",
    };

    /// <summary>Adds the option to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Options.Add(_allow);
        _allow.Validators.Add(result =>
        {
            if (!ReachableHosts.TryParse(result.GetValueOrDefault<string[]>() ?? [], out _, out var unusable))
            {
                result.AddError($"--webhook-allow is '{Wording.Cut(unusable!, Wording.LongestItem)}'; give {ReachableHosts.Form}.");
            }
        });
    }

    /// <summary>What was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The hosts.</returns>
    public ImmutableArray<string> Resolve(ParseResult parsed) => [.. parsed.GetValue(_allow) ?? []];
}
