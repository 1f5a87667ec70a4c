using System.Globalization;
using Microsoft.Data.Sqlite;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Diagnosis;

/// <summary>The data folder: writable, with room, and who owns it.</summary>
internal static class StorageCheck
{
    private const long LeastFreeBytes = 1L << 30;

    /// <summary>All checks.</summary>
    /// <param name="data">The data folder; created if it does not exist, as any job would.</param>
    /// <returns>The checks.</returns>
    public static IEnumerable<CheckDocument> All(DataFolder data)
    {
        yield return Check.Run(
            "data folder",
            () =>
            {
                data.Create();
                var probe = Path.Combine(data.Root, $".probe-{Guid.NewGuid():N}");
                File.WriteAllBytes(probe, [1]);
                File.Delete(probe);
                return DiskRoom.Free(data.Root) is not { } free ? $"{data}, writable"
                    : free >= LeastFreeBytes ? string.Create(CultureInfo.InvariantCulture, $"{data}, writable, {free / (double)(1L << 30):0.0} GiB free")
                    : throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{data} has only {free >> 20} MiB free."));
            }
        );
        yield return Check.Run(
            "owner",
            () =>
            {
                using var held = OwnerLock.TryAcquire(data);
                return held is not null ? "nobody"
                    : OwnerLock.ReadRecord(data) is { } owner ? $"process {owner.ProcessId}, since {owner.Started:yyyy-MM-dd HH:mm:ss} UTC"
                    : "another process, which starts or ends";
            }
        );
        yield return Check.Run(
            "sqlite",
            () =>
            {
                using var connection = new SqliteConnection("Data Source=:memory:");
                connection.Open();
                return connection.ServerVersion;
            }
        );
    }
}
