using System.CommandLine;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Compute;

namespace OrleansOneShot.Cli.Options;

/// <summary>Where jobs are: the data folder of this machine, a cluster, or a server.</summary>
/// <param name="server">Whether the command can ask a server over HTTP.</param>
/// <param name="cluster">Whether the command can ask a cluster.</param>
internal sealed class SessionOptions(bool server = false, bool cluster = true)
{
    public DataOption Data { get; } = new();

    public ClusterOption Cluster { get; } = new();

    private readonly Option<string?> _server = new("--server")
    {
        Description =
            $"A server over HTTP (oneshot serve --urls), instead of working in this process, such as --server https://oneshot.example.org (default: "
            + $"{ServerAddress.Variable}, unless --data or --cluster is given).",
        HelpName = "URL",
    };

    private readonly Option<string?> _keyFile = new("--key-file")
    {
        Description = $"The file that holds the server's key, as keys add writes it, such as --key-file key (default: {ServerAddress.KeyFileVariable}).",
        HelpName = "FILE",
    };

    /// <summary>All options, in the order in which help shows them.</summary>
    public IEnumerable<Option> All => [Data, .. cluster ? [Cluster] : Array.Empty<Option>(), .. server ? [_server, _keyFile] : Array.Empty<Option>()];

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command) => command.Add(All);

    /// <summary>What was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="isOfThisMachine">Whether the rest of the command line is for this machine alone: what every command is told does not count then.</param>
    /// <returns>Where jobs are. That a key can be read on its way is said.</returns>
    /// <exception cref="InvalidInputException">An address is none, or two places are given.</exception>
    public SessionTarget Resolve(ParseResult parsed, bool isOfThisMachine = false)
    {
        var target = cluster ? new SessionTarget(Data.Resolve(parsed), Cluster.Resolve(parsed), parsed.GetValue(Cluster)) : new(Data.Resolve(parsed));
        return target with { Server = server ? ResolveServer(parsed, isOfThisMachine) : null };
    }

    private ServerAddress? ResolveServer(ParseResult parsed, bool isOfThisMachine)
    {
        var (url, keyFile, redis) = (parsed.GetValue(_server), parsed.GetValue(_keyFile), cluster ? parsed.GetValue(Cluster) : null);
        if (url is not null && redis is not null)
        {
            throw new InvalidInputException("--server and --cluster name two places for jobs.", "server", "Give one or the other.");
        }

        // What this command line says goes before what every command is told.
        var everywhere = redis is null && !isOfThisMachine && parsed.GetValue(Data) is null ? Variable(ServerAddress.Variable) : null;
        if ((url ?? everywhere) is not { } text)
        {
            return keyFile is null
                ? null
                : throw new InvalidInputException(
                    "--key-file holds the key of a server, and none was given.",
                    "key-file",
                    $"Give its address with --server, or in {ServerAddress.Variable}."
                );
        }

        var option = (url is null ? "" : $" --server {text}") + (keyFile is null ? "" : $" --key-file {Quoted(keyFile)}");
        var address = new ServerAddress(
            ServerAddress.ReadUrl(text, url is null ? ServerAddress.Variable : "--server"),
            keyFile ?? Variable(ServerAddress.KeyFileVariable),
            option
        );
        if (address is { KeyFile: not null } && KeyFile.TravelsInClear(address.Url))
        {
            parsed.InvocationConfiguration.Error.WriteLine(
                $"Warning: the key is sent to {address} without encryption, so whoever is on the way can read it; use https where the server has it."
            );
        }

        return address;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string Quoted(string path) => path.Contains(' ', StringComparison.Ordinal) ? $"\"{path}\"" : path;
}
