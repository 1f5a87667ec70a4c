using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Paging;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests.Paging;

public sealed class PagedListTests : IDisposable
{
    private static readonly GrainId s_grain = GrainId.Create("list", "0");
    private readonly ConcurrentDictionary<string, (string ETag, BinaryData Data)> _rows = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().AddOptions().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Changes_OfOneItem_WriteOnePage()
    {
        var list = List();
        for (var i = 0; i < 1000; i++)
        {
            list.Set(Lease(i));
        }
        await StoreAsync(list);
        Assert.Equal((1000 + PagedList<SlotLease>.PageSize - 1) / PagedList<SlotLease>.PageSize, list.Pages);
        var before = _rows.ToDictionary();
        list.Remove("j7");
        await StoreAsync(list);
        Assert.Single(_rows, row => row.Value.ETag != before[row.Key].ETag);
        // The freed place is used again.
        list.Set(Lease(1000));
        Assert.Equal(before.Count, list.Pages);
        await StoreAsync(list);
        var read = await List().LoadAsync(list.Pages);
        Assert.Equal(Enumerable.Range(0, 1001).Where(i => i != 7).Select(i => $"j{i}").Order(), read.Select(lease => lease.JobId).Order());
    }

    [Fact]
    public async Task Additions_AloneWritten_KeepWhatIsToLeave()
    {
        var list = List();
        list.Set(Lease(1));
        await StoreAsync(list);
        list.Remove("j1");
        list.Set(Lease(2));
        var changes = list.TakeChanges();
        await changes.WriteAdditionsAsync();
        Assert.Equal(["j1", "j2"], (await List().LoadAsync(list.Pages)).Select(lease => lease.JobId).Order());
        // Of the next write: not part of the one under way.
        list.Remove("j2");
        await changes.WriteRemovalsAsync();
        Assert.Equal(["j2"], (await List().LoadAsync(list.Pages)).Select(lease => lease.JobId));
        await StoreAsync(list);
        Assert.Empty(await List().LoadAsync(list.Pages));
    }

    [Fact]
    public async Task Load_ItemInTwoPages_IsReadOnceAndMended()
    {
        var list = List();
        for (var i = 0; i < 200; i++)
        {
            list.Set(Lease(i));
        }
        await StoreAsync(list);
        // Moves to the first page's free place; killed before the second page was written.
        list.Remove("j0");
        list.Remove("j150");
        list.Set(Lease(150));
        await list.TakeChanges().WriteAdditionsAsync();
        var next = List();
        Assert.Equal(200, (await next.LoadAsync(2)).Count);
        await StoreAsync(next);
        Assert.True(next.Remove("j150"));
        await StoreAsync(next);
        Assert.DoesNotContain(await List().LoadAsync(2), lease => lease.JobId == "j150");
    }

    [Fact]
    public async Task Fence_OfALaterReader_LeavesTheEarlierNoPageToWrite()
    {
        var first = List();
        for (var i = 0; i < 200; i++)
        {
            first.Set(Lease(i));
        }
        await StoreAsync(first);
        var second = List();
        await second.LoadAsync(2);
        await second.FenceAsync();
        foreach (var job in (string[])["j1", "j190"])
        {
            first.Remove(job);
            await Assert.ThrowsAsync<InconsistentStateException>(() => StoreAsync(first));
        }

        second.Remove("j1");
        await StoreAsync(second);
        Assert.Equal(199, (await List().LoadAsync(2)).Count);
    }

    private static async Task StoreAsync(PagedList<SlotLease> list)
    {
        var changes = list.TakeChanges();
        await changes.WriteAdditionsAsync();
        await changes.WriteRemovalsAsync();
    }

    private static SlotLease Lease(int i) => new("s", i, $"j{i}", 1, default);

    private PagedList<SlotLease> List() =>
        new(new SharedStorage(_rows, ActivatorUtilities.CreateInstance<OrleansGrainStorageSerializer>(_services)), s_grain, "list", lease => lease.JobId);
}
