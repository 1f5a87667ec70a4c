using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Common;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Embedded;

/// <summary>
/// One owner process a data folder. The lock is the operating system's on an open file, so it ends with its process, however that ends; the record beside it
/// tells others how to reach the owner and counts only while the lock is held.
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
        LeftOpen = held.Length > 0;
    }

    /// <summary>
    /// Whether the owner before this one was killed while it had the database open. Its last changes lie in the log beside the database then.
    /// </summary>
    public bool LeftOpen { get; }

    /// <summary>Takes the lock if nobody holds it.</summary>
    /// <param name="data">The data folder; created if it does not exist.</param>
    /// <returns>The lock; null if another process holds it.</returns>
    /// <exception cref="DataFolderException">The folder can't be created or written.</exception>
    public static OwnerLock? TryAcquire(DataFolder data)
    {
        ArgumentNullException.ThrowIfNull(data);
        data.Create();
        FileStream held;
        try
        {
            held = new FileStream(data.OwnerLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (FileErrors.IsHeld(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException(data, e);
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

    /// <summary>Whether an owner still holds the folder and takes calls.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="owner">What it said of itself.</param>
    /// <returns>False once it has withdrawn its record, or is gone without having done so.</returns>
    public static bool IsOpen(DataFolder data, OwnerRecord owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        return ReadRecord(data)?.ClusterId == owner.ClusterId && IsHeld(data);
    }

    /// <summary>Tells others how to reach this process, and the next owner that the database was open in case this one is killed.</summary>
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
        _held.SetLength(1);
        var beside = _data.OwnerRecord + ".new";
        File.WriteAllBytes(beside, JsonSerializer.SerializeToUtf8Bytes(record, EmbeddedJsonContext.Default.OwnerRecord));
        FileReplacement.Move(beside, _data.OwnerRecord);
    }

    /// <summary>
    /// Tells others that this process takes no more calls. Comes before its silo stops: a gateway that is closing still lets clients in, and then knows no
    /// grains.
    /// </summary>
    public void Withdraw()
    {
        File.Delete(_data.OwnerRecord);
        _held.SetLength(0);
    }

    /// <summary>Gives the folder back.</summary>
    public void Dispose()
    {
        if (_held.SafeFileHandle.IsClosed)
        {
            return;
        }

        try
        {
            Withdraw();
        }
        finally
        {
            _held.Dispose();
        }
    }

    // A shared lock, so that those who only look don't hinder each other; one who wants the folder tries again in a moment.
    private static bool IsHeld(DataFolder data)
    {
        try
        {
            using var free = new FileStream(data.OwnerLock, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (IOException e)
        {
            return FileErrors.IsHeld(e);
        }
    }
}

/// <summary>Who owns a data folder, as <c>owner.json</c> says.</summary>
public sealed record OwnerRecord
{
    /// <summary>Its process id.</summary>
    public required int ProcessId { get; init; }

    /// <summary>When the process started, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Port of its gateway on the loopback; 0 while it starts.</summary>
    public int GatewayPort { get; init; }

    /// <summary>Its cluster, new for each owner: a client never talks to a stranger that took the port over.</summary>
    public required string ClusterId { get; init; }

    /// <summary>Whether it trains; a short look at the jobs does not.</summary>
    public bool Trains { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(OwnerRecord))]
internal sealed partial class EmbeddedJsonContext : JsonSerializerContext;
