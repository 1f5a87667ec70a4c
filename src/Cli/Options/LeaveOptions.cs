using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansOneShot.Silo.Cluster;

namespace OrleansOneShot.Cli.Options;

/// <summary>How a cluster's silo waits to come, and when it goes by itself.</summary>
internal sealed class LeaveOptions
{
    /// <summary>Shorter than the ten minutes after which a Deployment of Kubernetes calls its rollout stuck, so that the reason is said before.</summary>
    internal static readonly TimeSpan DefaultUpgradeWait = TimeSpan.FromMinutes(8);

    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(10);

    private readonly DurationOption _exitWhenIdle = new(
        "--exit-when-idle",
        "Ends a cluster's silo, with exit code 0, when its slots had nothing to do for so long and no job waits for them; alone: 10m. For machines that come "
            + "and go with the work.",
        TimeSpan.FromSeconds(1),
        s_idle
    );

    private readonly DurationOption _upgradeWait = new(
        "--upgrade-wait",
        "How long a cluster's silo waits at its start for silos of an earlier version of the contracts to leave, or for a drained cluster to be resumed, "
            + "before it ends with exit code 4 (default: 8m; 0 does not wait).",
        TimeSpan.Zero
    );

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        Option[] all = [_exitWhenIdle, _upgradeWait];
        command.Add(all);
        command.RequireCluster(all, "one process works on all jobs");
        command.Validators.Add(result =>
        {
            if (result.GetResult(_exitWhenIdle) is { Implicit: false } && result.Children.OfType<OptionResult>().Any(IsControl))
            {
                result.AddError("--exit-when-idle is for silos with slots, and --role control has none: leave one of the two out.");
            }
        });
    }

    /// <summary>Applies what was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="options">The silo's options.</param>
    /// <returns>The options with these.</returns>
    public ClusterSiloOptions Apply(ParseResult parsed, ClusterSiloOptions options) =>
        options with
        {
            ExitWhenIdle = parsed.GetValue(_exitWhenIdle),
            UpgradeWait = parsed.GetValue(_upgradeWait) ?? DefaultUpgradeWait,
        };

    private static bool IsControl(OptionResult option) => option.Option.Name == "--role" && option.Tokens.Any(token => token.Value == "control");
}
