using OrleansOneShot.Silo.Embedded;

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

    public void Dispose() => _data.Dispose();
}
