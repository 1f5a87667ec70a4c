using System.Net;
using OrleansOneShot.Client.Cluster.Redis;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>Whether a Redis is open to whoever reaches it.</summary>
internal static class RedisExposure
{
    /// <summary>Finds one on another machine that asks for no password and speaks without TLS.</summary>
    /// <param name="redis">How it is connected to.</param>
    /// <returns>Its address; null if it is none.</returns>
    public static string? Find(ConfigurationOptions redis) =>
        redis.Ssl || !string.IsNullOrEmpty(redis.Password) || redis.EndPoints.All(IsLocal) ? null : ClusterRedis.Name(redis);

    private static bool IsLocal(EndPoint endpoint) =>
        endpoint switch
        {
            IPEndPoint ip => IPAddress.IsLoopback(ip.Address),
            DnsEndPoint dns => dns.Host is "localhost" || (IPAddress.TryParse(dns.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)),
            _ => true,
        };
}
