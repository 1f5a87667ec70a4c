using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>The mark of a cluster that outlives its silos.</summary>
internal sealed class FakeDrainMark : IDrainMark
{
    private DrainMark? _mark;

    public Task<DrainMark?> ReadAsync() => Task.FromResult(_mark);

    public Task<DrainMark> SetAsync() => Task.FromResult(_mark ??= new DrainMark(5, DateTimeOffset.UnixEpoch));

    public Task ClearAsync()
    {
        _mark = null;
        return Task.CompletedTask;
    }
}
