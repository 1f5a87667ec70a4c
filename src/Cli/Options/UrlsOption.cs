using System.CommandLine;
using OrleansOneShot.Api.Hosting;
using OrleansOneShot.Api.Limits;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Options;

/// <summary>Where <c>serve</c> takes calls over HTTP, if it does.</summary>
internal sealed class UrlsOption
{
    /// <summary>Names the file that holds the operator's own key.</summary>
    public const string BootstrapVariable = "ONESHOT_BOOTSTRAP_KEY_FILE";

    private const int MostRate = 100_000;

    private static readonly CallLimits s_limits = new();

    private readonly Option<string[]> _urls = new("--urls")
    {
        HelpName = "URL",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.ZeroOrMore,
        Description =
            $"Also serves HTTP there; without an address at {ApiServerOptions.DefaultUrl}. Others than this machine may reach it only once a key exists (see "
            + $"oneshot keys, or {BootstrapVariable}).",
    };

    private readonly Option<long?> _rate = NumberOptions.Whole(
        "--rate-limit",
        0,
        MostRate,
        $"Calls a second of one key, or of one address without a key, that --urls takes; {s_limits.BurstSeconds} times as many may come at once. 0 takes any "
            + $"number (default: {s_limits.CallsPerSecond})."
    );

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Options.Add(_urls);
        command.Options.Add(_rate);
        // Elsewhere it would be ignored, and who gave it would believe otherwise.
        command.Validators.Add(result =>
        {
            if (result.GetResult(_rate) is { Implicit: false } && result.GetResult(_urls) is not { Implicit: false })
            {
                result.AddError("--rate-limit is for a server of HTTP: give --urls as well.");
            }
        });
    }

    /// <summary>Serves HTTP if that was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="context">The command.</param>
    /// <param name="target">Where the jobs are.</param>
    /// <param name="client">The way to them.</param>
    /// <param name="store">The artifacts.</param>
    /// <param name="log">Where it writes what it does; null: nowhere.</param>
    /// <returns>The server; null if it was not asked for.</returns>
    /// <exception cref="OneShotException">invalid_input: an address or the operator's key can't be one. conflict: another program listens there.</exception>
    public async Task<ApiServer?> StartAsync(
        ParseResult parsed,
        CommandContext context,
        SessionTarget target,
        ClusterClient client,
        IArtifactStore store,
        SiloLog? log
    )
    {
        if (parsed.GetResult(_urls) is null or { Implicit: true })
        {
            return null;
        }

        if (Environment.GetEnvironmentVariable(BootstrapVariable) is { Length: > 0 } file)
        {
            await client.Keys.AddBootstrapAsync(KeyFile.Read(file, BootstrapVariable), context.Interrupt);
        }

        var server = await ApiServer.StartAsync(
            new ApiServerOptions
            {
                Client = client,
                Store = store,
                Urls = parsed.GetValue(_urls) is { Length: > 0 } urls ? urls : [ApiServerOptions.DefaultUrl],
                Logging = log is null ? null : log.AddTo,
                Limits = s_limits with { CallsPerSecond = (int)(parsed.GetValue(_rate) ?? s_limits.CallsPerSecond) },
                SpoolFolder = Path.Combine(target.Data.Work, $"uploads-{Environment.ProcessId}"),
            },
            context.Interrupt
        );
        context.Say($"Serves HTTP at {string.Join(" and ", server.Addresses)}.");
        return server;
    }
}
