using System.CommandLine;
using OrleansOneShot.Api.Management;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Silo.Telemetry;

namespace OrleansOneShot.Cli.Options;

/// <summary>Where <c>serve</c> says how it is, if it does.</summary>
internal sealed class ManagementOption
{
    private readonly Option<string[]> _urls = new("--management-urls")
    {
        HelpName = "URL",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.ZeroOrMore,
        Description =
            $"Answers /healthz/startup, /healthz/ready, /healthz/live and /metrics (for Prometheus) there, without keys and apart from --urls; without an "
            + $"address at {ManagementServer.DefaultUrl}.",
    };

    /// <summary>Adds the option to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command) => command.Options.Add(_urls);

    /// <summary>Starts to answer if that was asked for; before the silo, so that its start can be watched.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="context">The command.</param>
    /// <returns>The server; null if it was not asked for.</returns>
    /// <exception cref="OneShotException">invalid_input: an address can't be one. conflict: another program listens there.</exception>
    public async Task<ManagementServer?> StartAsync(ParseResult parsed, CommandContext context)
    {
        if (parsed.GetResult(_urls) is null or { Implicit: true })
        {
            return null;
        }

        var server = await ManagementServer.StartAsync(
            parsed.GetValue(_urls) is { Length: > 0 } urls ? urls : [ManagementServer.DefaultUrl],
            PrometheusPage.AddTo,
            context.Interrupt
        );
        context.Say($"Tells of its health at {string.Join(" and ", server.Addresses)}.");
        return server;
    }

    /// <summary>What a silo of a cluster needs.</summary>
    /// <param name="silo">The silo.</param>
    public static IReadOnlyList<HealthProbe> NeedsOf(ClusterSilo silo) => [Silo(() => silo.IsActive), new HealthProbe("redis", silo.FindRedisProblemAsync)];

    /// <summary>What a data folder's silo needs.</summary>
    /// <param name="silo">The silo.</param>
    public static IReadOnlyList<HealthProbe> NeedsOf(EmbeddedSilo silo) => [Silo(() => silo.IsActive)];

    private static HealthProbe Silo(Func<bool> isActive) => new("silo", _ => Task.FromResult(isActive() ? null : "The silo takes no calls."));
}
