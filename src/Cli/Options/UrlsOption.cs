using System.CommandLine;
using OrleansOneShot.Api.Hosting;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Options;

/// <summary>Where <c>serve</c> takes calls over HTTP, if it does.</summary>
internal sealed class UrlsOption
{
    /// <summary>Names the file that holds the operator's own key.</summary>
    public const string BootstrapVariable = "ONESHOT_BOOTSTRAP_KEY_FILE";

    private readonly Option<string[]> _urls = new("--urls")
    {
        HelpName = "URL",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.ZeroOrMore,
        Description =
            $"Also serves HTTP there; without an address at {ApiServerOptions.DefaultUrl}. Others than this machine may reach it only once a key exists (see "
            + $"oneshot keys, or {BootstrapVariable}).",
    };

    /// <summary>Adds the option to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command) => command.Options.Add(_urls);

    /// <summary>Serves HTTP if that was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="context">The command.</param>
    /// <param name="target">Where the jobs are.</param>
    /// <param name="client">The way to them.</param>
    /// <param name="store">The artifacts.</param>
    /// <returns>The server; null if it was not asked for.</returns>
    /// <exception cref="OneShotException">invalid_input: an address or the operator's key can't be one. conflict: another program listens there.</exception>
    public async Task<ApiServer?> StartAsync(ParseResult parsed, CommandContext context, SessionTarget target, ClusterClient client, IArtifactStore store)
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
                SpoolFolder = Path.Combine(target.Data.Work, $"uploads-{Environment.ProcessId}"),
            },
            context.Interrupt
        );
        context.Say($"Serves HTTP at {string.Join(" and ", server.Addresses)}.");
        return server;
    }
}
