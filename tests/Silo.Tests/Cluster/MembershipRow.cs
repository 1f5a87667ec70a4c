using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansOneShot.Contracts;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Embedded;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Tests.Cluster;

/// <summary>Rows of a cluster's membership table, as Orleans keeps them in Redis.</summary>
internal static class MembershipRow
{
    private static readonly string s_key = KeyOf(ContractVersion.Current);

    /// <summary>Where the silos of a version are listed.</summary>
    public static string KeyOf(int version) => $"{EmbeddedSilo.ServiceId}/members/{ContractVersion.ClusterIdOf(ClusterSiloOptions.DefaultClusterId, version)}";

    /// <summary>The rows.</summary>
    public static async Task<IReadOnlyDictionary<string, JsonObject>> ReadAsync(IConnectionMultiplexer redis) =>
        (await redis.GetDatabase().HashGetAllAsync(s_key))
            .Where(row => row.Name != "Version")
            .ToDictionary(row => (string)row.Name!, row => JsonNode.Parse((string)row.Value!)!.AsObject());

    /// <summary>Puts a row back as it was while its silo lived, with other times: as if the silo had been killed, and its clock had gone wrong.</summary>
    public static async Task PutBackAsync(IConnectionMultiplexer redis, string silo, JsonObject row, DateTimeOffset time)
    {
        foreach (var field in (string[])["StartTime", "IAmAliveTime"])
        {
            Assert.True(row.ContainsKey(field));
            row[field] = time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        }

        await redis.GetDatabase().HashSetAsync(s_key, silo, row.ToJsonString());
    }

    /// <summary>The address of a row's gateway.</summary>
    public static string Gateway(JsonObject row) => $"{IPAddress.Loopback}:{row["ProxyPort"]}";
}
