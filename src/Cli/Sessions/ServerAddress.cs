using OrleansOneShot.Client;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>A server over HTTP, and the key that it is called with.</summary>
/// <param name="Url">Its address.</param>
/// <param name="KeyFile">Path of the file that holds the key; null: it needs none.</param>
/// <param name="Option">What a command line needs to mean this server; empty where the environment names it.</param>
internal sealed record ServerAddress(Uri Url, string? KeyFile, string Option)
{
    /// <summary>The environment variable that names a server for every command.</summary>
    public const string Variable = "ONESHOT_SERVER";

    /// <summary>The environment variable that names the key's file.</summary>
    public const string KeyFileVariable = "ONESHOT_KEY_FILE";

    /// <summary>Reads an address.</summary>
    /// <param name="text">http://HOST[:PORT][/PATH], or https.</param>
    /// <param name="source">The option or variable that it comes from, as messages call it.</param>
    /// <returns>The address.</returns>
    /// <exception cref="InvalidInputException">Another form, or a user, a password or a query in it, which every process of the machine could read.</exception>
    public static Uri ReadUrl(string text, string source)
    {
        const string Form = "Write it as http://HOST:PORT or https://HOST:PORT; the key goes into a file.";
        if (
            !Uri.TryCreate(text, UriKind.Absolute, out var address)
            || address.Scheme is not ("http" or "https")
            || Uri.CheckHostName(address.DnsSafeHost) == UriHostNameType.Unknown
        )
        {
            var shown = SecretText.ShowAddress(text) is { } part ? $"'{part}' " : "";
            throw new InvalidInputException($"{source} {shown}is no address of a server.", "server", Form);
        }

        return address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0
            ? address
            : throw new InvalidInputException(
                $"{source} holds more than an address: a user, a password or a query, which every process of this machine could read.",
                "server",
                Form
            );
    }

    /// <summary>Opens the way to the server; makes no call.</summary>
    /// <returns>The way.</returns>
    /// <exception cref="OneShotException">invalid_input: the key's file can't be read, or holds none.</exception>
    public IOneShotTransport Open() => OneShotClient.OpenHttp(Url, new OneShotClientOptions { KeyFile = KeyFile });

    /// <summary>The server as messages call it.</summary>
    public override string ToString() => Url.AbsoluteUri.TrimEnd('/');
}
