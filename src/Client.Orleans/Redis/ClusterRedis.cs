using System.Net;
using OrleansOneShot.Documents.Errors;
using StackExchange.Redis;

namespace OrleansOneShot.Client.Cluster.Redis;

/// <summary>The Redis of a cluster, tried out before Orleans is, which would say what is wrong in a stack trace and after several tries.</summary>
internal static class ClusterRedis
{
    /// <summary>Reads a connection string.</summary>
    /// <param name="text">As StackExchange.Redis writes it: "host:port,password=...".</param>
    /// <returns>The options.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input: it can't be read. The library's own message quotes the text, password and all, so it is not passed on.
    /// </exception>
    public static ConfigurationOptions Parse(string text)
    {
        ConfigurationOptions? options;
        try
        {
            options = ConfigurationOptions.Parse(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            options = null;
        }

        return
            options is { EndPoints.Count: > 0 }
            && options.EndPoints.All(endpoint => endpoint is not DnsEndPoint dns || SecretText.ShowHost(dns.Host) == dns.Host)
            ? options
            : throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    "The connection string of Redis can't be read.",
                    "cluster",
                    "Write it as HOST:PORT,password=..., without redis:// and without a user before the host."
                )
            );
    }

    /// <summary>Connects.</summary>
    /// <param name="options">Address and password; stays as it is.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>A connection that works.</returns>
    /// <exception cref="OneShotException">unavailable: it does not; the message names the address and never the password.</exception>
    public static async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions options, CancellationToken cancellationToken = default)
    {
        var once = options.Clone();
        once.AbortOnConnectFail = true;
        once.ConnectRetry = 1;
        var connecting = ConnectionMultiplexer.ConnectAsync(once);
        try
        {
            var connection = await connecting.WaitAsync(cancellationToken);
            await connection.GetDatabase().PingAsync().WaitAsync(cancellationToken);
            return connection;
        }
        catch (Exception e)
        {
            // Who cancels does not wait for the connection either, which may still come.
            var abandoned = AbandonAsync(connecting);
            if (e is OperationCanceledException)
            {
                throw;
            }

            await abandoned;
            if (e is RedisException or TimeoutException)
            {
                throw Refusal(options, e);
            }

            throw;
        }
    }

    /// <summary>What a failed call means.</summary>
    /// <param name="options">Address and password.</param>
    /// <param name="error">The failure.</param>
    /// <returns>unavailable, with the address and never the password.</returns>
    public static OneShotException Refusal(ConfigurationOptions options, Exception error) => new(Explain(options, error), error);

    /// <summary>The addresses, without password.</summary>
    /// <param name="options">The options.</param>
    /// <returns>"HOST:PORT", several with commas.</returns>
    public static string Name(ConfigurationOptions options) =>
        string.Join(
            ", ",
            options.EndPoints.Select(endpoint =>
                endpoint is DnsEndPoint { Host: var host, Port: var port } ? $"{SecretText.ShowHost(host)}:{port}" : endpoint.ToString()
            )
        );

    private static async Task AbandonAsync(Task<ConnectionMultiplexer> connecting)
    {
        try
        {
            await (await connecting).DisposeAsync();
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // It never came about.
        }
    }

    private static ErrorDetail Explain(ConfigurationOptions options, Exception error)
    {
        var where = Name(options);
        const string Password = "Its password comes from ONESHOT_REDIS_PASSWORD, or from the file that ONESHOT_REDIS_PASSWORD_FILE names.";
        if (IsAboutPassword(error))
        {
            return new ErrorDetail(
                ErrorCodes.Unavailable,
                string.IsNullOrEmpty(options.Password) ? $"Redis at {where} asks for a password." : $"Redis at {where} refuses the password.",
                "cluster",
                Password
            );
        }

        return options.Ssl
            ? new ErrorDetail(
                ErrorCodes.Unavailable,
                $"Redis at {where} does not answer over TLS.",
                "cluster",
                "Check that it runs, that the address is right, and that it speaks TLS; redis:// connects without."
            )
            : new ErrorDetail(
                ErrorCodes.Unavailable,
                $"Redis at {where} does not answer.",
                "cluster",
                "Check that it runs and that the address is right; rediss:// connects with TLS."
            );
    }

    private static bool IsAboutPassword(Exception error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException)
        {
            if (
                e is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure }
                || e.Message.Contains("NOAUTH", StringComparison.Ordinal)
                || e.Message.Contains("WRONGPASS", StringComparison.Ordinal)
            )
            {
                return true;
            }
        }

        return false;
    }
}
