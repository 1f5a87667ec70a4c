using System.CommandLine;
using OrleansOneShot.Client.Cluster.Redis;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--cluster redis://HOST:PORT</c>: a cluster instead of a silo in this process.</summary>
internal sealed class ClusterOption : Option<string?>
{
    /// <summary>The environment variable with Redis' password.</summary>
    public const string PasswordVariable = "ONESHOT_REDIS_PASSWORD";

    /// <summary>The environment variable that names the file with Redis' password.</summary>
    public const string PasswordFileVariable = PasswordVariable + "_FILE";

    private const int DefaultPort = 6379;

    public ClusterOption()
        : base("--cluster")
    {
        HelpName = "redis://HOST:PORT";
        Description =
            $"The Redis of a cluster, instead of working in this process (its password: {PasswordVariable}, or the file that {PasswordFileVariable} names).";
    }

    /// <summary>The connection string for the client.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The string; null without the option.</returns>
    /// <exception cref="InvalidInputException">No Redis address.</exception>
    public string? Resolve(ParseResult parsed) => parsed.GetValue(this) is { } text ? Read(text, Environment.GetEnvironmentVariable) : null;

    /// <summary>Turns an address into a connection string.</summary>
    /// <param name="text">redis://HOST[:PORT][/DATABASE], or rediss:// for TLS.</param>
    /// <param name="environment">Reads environment variables.</param>
    /// <returns>The connection string.</returns>
    /// <exception cref="InvalidInputException">Another form, or a password in the address, where every process of the machine could read it.</exception>
    internal static string Read(string text, Func<string, string?> environment)
    {
        const string Form = "Write it as redis://HOST:PORT, or rediss://HOST:PORT for TLS.";
        if (
            !Uri.TryCreate(text, UriKind.Absolute, out var address)
            || address.Scheme is not ("redis" or "rediss")
            || Uri.CheckHostName(address.DnsSafeHost) == UriHostNameType.Unknown
        )
        {
            throw new InvalidInputException(
                $"--cluster {(SecretText.ShowAddress(text) is { } shown ? $"'{shown}' " : "")}is no Redis address.",
                "cluster",
                Form
            );
        }

        if (address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            throw new InvalidInputException(
                "--cluster holds more than an address: a user, a password or settings, which every process of this machine could read.",
                "cluster",
                $"Put the password into {PasswordVariable} or a file that {PasswordFileVariable} names."
            );
        }

        var database = 0;
        if (address.AbsolutePath.Length > 1 && (!int.TryParse(address.AbsolutePath.AsSpan(1), out database) || database is < 0 or > 10_000))
        {
            throw new InvalidInputException("--cluster names a database that is no number from 0 to 10,000.", "cluster", Form);
        }

        return RedisConnectionString.Write(
            address.Host,
            address.Port > 0 ? address.Port : DefaultPort,
            database,
            tls: address.Scheme == "rediss",
            Password(environment)
        );
    }

    private static string? Password(Func<string, string?> environment)
    {
        var password = ReadPassword(environment);
        SecretText.Remember(password);
        return password?.Contains(',', StringComparison.Ordinal) != true
            ? password
            // The client's connection string has no way to write one: what follows it would be taken for an address.
            : throw new InvalidInputException(
                "The password of Redis holds a comma, which can't be passed on.",
                "cluster",
                "Give Redis a password without commas."
            );
    }

    private static string? ReadPassword(Func<string, string?> environment)
    {
        if (environment(PasswordFileVariable) is not { Length: > 0 } file)
        {
            return environment(PasswordVariable);
        }

        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"The file of {PasswordFileVariable} can't be read: {e.Message}", "cluster");
        }
    }
}
