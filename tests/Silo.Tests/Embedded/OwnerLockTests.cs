using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Embedded;

public sealed class OwnerLockTests : IDisposable
{
    private readonly TestData _data = new();

    [Fact]
    public void TryAcquire_HeldFolder_GivesNothingUntilItIsFree()
    {
        using (var first = OwnerLock.TryAcquire(_data.Folder))
        {
            Assert.NotNull(first);
            Assert.Null(OwnerLock.TryAcquire(_data.Folder));
        }

        using var next = OwnerLock.TryAcquire(_data.Folder);
        Assert.NotNull(next);
    }

    [Fact]
    public void Publish_Record_IsReadByOthersAndGoesWithTheLock()
    {
        using (var held = OwnerLock.TryAcquire(_data.Folder)!)
        {
            Assert.Null(OwnerLock.ReadRecord(_data.Folder));
            held.Publish(1234, "c", trains: true);

            var record = OwnerLock.ReadRecord(_data.Folder)!;
            Assert.Equal((Environment.ProcessId, 1234, "c", true), (record.ProcessId, record.GatewayPort, record.ClusterId, record.Trains));
        }

        Assert.Null(OwnerLock.ReadRecord(_data.Folder));
    }

    [Fact]
    public void TryAcquire_RecordOfADeadOwner_IsForgotten()
    {
        _data.Folder.Create();
        File.WriteAllText(_data.Folder.OwnerRecord, """{"processId":1,"started":"2026-01-01T00:00:00Z","gatewayPort":1,"clusterId":"x"}""");

        using var held = OwnerLock.TryAcquire(_data.Folder);

        Assert.NotNull(held);
        Assert.Null(OwnerLock.ReadRecord(_data.Folder));
    }

    [Fact]
    public void IsOpen_OwnerThatWithdrawsOrGoes_IsOpenNoMore()
    {
        OwnerRecord record;
        using (var held = OwnerLock.TryAcquire(_data.Folder)!)
        {
            held.Publish(1234, "first", trains: true);
            record = OwnerLock.ReadRecord(_data.Folder)!;
            Assert.True(OwnerLock.IsOpen(_data.Folder, record));

            held.Withdraw();
            Assert.False(OwnerLock.IsOpen(_data.Folder, record));
            Assert.Null(OwnerLock.TryAcquire(_data.Folder));
        }

        using var next = OwnerLock.TryAcquire(_data.Folder)!;
        next.Publish(1234, "second", trains: true);
        Assert.False(OwnerLock.IsOpen(_data.Folder, record));
        Assert.True(OwnerLock.IsOpen(_data.Folder, OwnerLock.ReadRecord(_data.Folder)!));
    }

    /// <summary>What a killed owner leaves: its record, and a lock that is free.</summary>
    [Fact]
    public void IsOpen_RecordWithoutALock_IsNot()
    {
        using (var held = OwnerLock.TryAcquire(_data.Folder)!)
        {
            held.Publish(1234, "killed", trains: true);
            File.Copy(_data.Folder.OwnerRecord, _data["record"]);
        }

        File.Copy(_data["record"], _data.Folder.OwnerRecord);

        Assert.False(OwnerLock.IsOpen(_data.Folder, OwnerLock.ReadRecord(_data.Folder)!));
    }

    public void Dispose() => _data.Dispose();
}
