using System.Diagnostics;
using System.Text.Json;
using OrleansOneShot.Common;

namespace OrleansOneShot.Silo.Embedded;

/// <summary>
/// One owner process a data folder. The lock is the operating system's on an open file, so it ends with its process, however that ends; the record beside it tells others how to
/// reach the owner and counts only while the lock is held.
/// </summary>
public sealed class OwnerLock : IDisposable
{
    // It has 200.
    private const int MaximumRecordBytes = 64 * 1024;

    private readonly DataFolder _data;
    private readonly FileStream _held;

    private OwnerLock(DataFolder data, FileStream held)
    {
        _data = data;
        _held = held;
    }

    /// <summary>Takes the lock if nobody holds it.</summary>
    /// <param name="data">The data folder; created if it does not exist.</param>
    /// <returns>The lock; null if another process holds it.</returns>
    /// <exception cref="UnauthorizedAccessException">The folder can't be written.</exception>
    /// <exception cref="IOException">The folder can't be created.</exception>
    public static OwnerLock? TryAcquire(DataFolder data)
    {
        ArgumentNullException.ThrowIfNull(data);
        data.Create();
        FileStream held;
        try
        {
            held = new FileStream(data.OwnerLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(data.OwnerLock))
        {
            return null;
        }

        // Whatever the record says is of an owner that is gone.
        File.Delete(data.OwnerRecord);
        return new OwnerLock(data, held);
    }

    /// <summary>What the present owner says of itself.</summary>
    /// <param name="data">The data folder.</param>
    /// <returns>The record; null if there is none (yet).</returns>
    public static OwnerRecord? ReadRecord(DataFolder data)
    {
        ArgumentNullException.ThrowIfNull(data);
        try
        {
            return StrictJson.Read(StrictJson.ReadFile(data.OwnerRecord, MaximumRecordBytes), EmbeddedJsonContext.Default.OwnerRecord);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnusableJsonException)
        {
            return null;
        }
    }

    /// <summary>Tells others how to reach this process.</summary>
    /// <param name="gatewayPort">Port of the gateway on the loopback.</param>
    /// <param name="clusterId">This owner's cluster.</param>
    /// <param name="trains">Whether it trains.</param>
    public void Publish(int gatewayPort, string clusterId, bool trains)
    {
        using var self = Process.GetCurrentProcess();
        var record = new OwnerRecord
        {
            ProcessId = Environment.ProcessId,
            Started = self.StartTime.ToUniversalTime(),
            GatewayPort = gatewayPort,
            ClusterId = clusterId,
            Trains = trains,
        };
        var beside = _data.OwnerRecord + ".new";
        File.WriteAllBytes(beside, JsonSerializer.SerializeToUtf8Bytes(record, EmbeddedJsonContext.Default.OwnerRecord));
        File.Move(beside, _data.OwnerRecord, overwrite: true);
    }

    /// <summary>Gives the folder back.</summary>
    public void Dispose()
    {
        if (_held.SafeFileHandle.IsClosed)
        {
            return;
        }

        File.Delete(_data.OwnerRecord);
        _held.Dispose();
    }
}
