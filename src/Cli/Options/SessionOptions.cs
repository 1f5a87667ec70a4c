using System.CommandLine;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Compute;

namespace OrleansOneShot.Cli.Options;

/// <summary>Where jobs are: the data folder of this machine, a cluster, or a server.</summary>
/// <param name="server">Whether the command can ask a server over HTTP.</param>
internal sealed class SessionOptions(bool server = false)
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
    public IEnumerable<Option> All => server ? [Data, Cluster, _server, _keyFile] : [Data, Cluster];

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command) => command.Add(All);

    /// <summary>What was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>Where jobs are.</returns>
    /// <exception cref="InvalidInputException">An address is none, or two places are given.</exception>
    public SessionTarget Resolve(ParseResult parsed) =>
        new(Data.Resolve(parsed), Cluster.Resolve(parsed), parsed.GetValue(Cluster)) { Server = server ? ResolveServer(parsed) : null };

    private ServerAddress? ResolveServer(ParseResult parsed)
    {
        var (url, keyFile, cluster) = (parsed.GetValue(_server), parsed.GetValue(_keyFile), parsed.GetValue(Cluster));
        if (url is not null && cluster is not null)
        {
            throw new InvalidInputException("--server and --cluster name two places for jobs.", "server", "Give one or the other.");
        }

        // What this command line says goes before what every command is told.
        var everywhere = cluster is null && parsed.GetValue(Data) is null ? Variable(ServerAddress.Variable) : null;
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
        return new ServerAddress(
            ServerAddress.ReadUrl(text, url is null ? ServerAddress.Variable : "--server"),
            keyFile ?? Variable(ServerAddress.KeyFileVariable),
            option
        );
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string Quoted(string path) => path.Contains(' ', StringComparison.Ordinal) ? $"\"{path}\"" : path;
}
