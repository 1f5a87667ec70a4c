using StackExchange.Redis;

namespace OrleansOneShot.Client.Cluster.Redis;

/// <summary>Writes the connection string of a cluster's Redis, as <see cref="ClusterClientOptions.Redis"/> takes it.</summary>
public static class RedisConnectionString
{
    /// <summary>Writes one. It may hold a password: keep it from logs and command lines.</summary>
    /// <param name="host">Name or address of the machine.</param>
    /// <param name="port">Its port.</param>
    /// <param name="database">Number of the database.</param>
    /// <param name="tls">Whether the connection is encrypted.</param>
    /// <param name="password">The password, without commas, which a connection string can't hold; null for none.</param>
    /// <returns>The string.</returns>
    public static string Write(string host, int port, int database, bool tls, string? password) =>
        new ConfigurationOptions
        {
            EndPoints = { { host, port } },
            DefaultDatabase = database,
            Ssl = tls,
            Password = password,
        }.ToString(includePassword: true);
}
