using Orleans.Storage;
using OrleansOneShot.Silo.Embedded;

namespace OrleansOneShot.Silo.Tests.Embedded;

/// <summary>States of an embedded silo are written one after another.</summary>
public sealed class OneWriterStorageTests
{
    private static readonly GrainId s_grain = GrainId.Create("test", "one");

    [Fact]
    public async Task Write_OneIsUnderWay_NextWaitsForItsEnd_AndReadsDoNot()
    {
        var inner = new HeldStorage();
        using var storage = new OneWriterStorage(inner);

        var first = storage.WriteStateAsync("first", s_grain, new GrainState<string>());
        var second = storage.ClearStateAsync("second", s_grain, new GrainState<string>());
        var third = storage.WriteStateAsync("third", s_grain, new GrainState<string>());
        await storage.ReadStateAsync("fourth", s_grain, new GrainState<string>());

        Assert.Equal(["first", "fourth"], inner.Calls);
        inner.Go.SetResult();
        await Task.WhenAll(first, second, third);
        Assert.Equal(["first", "fourth", "second", "third"], inner.Calls);
    }

    [Fact]
    public async Task Write_OneFails_NextIsWrittenAllTheSame()
    {
        var inner = new HeldStorage();
        using var storage = new OneWriterStorage(inner);

        var first = storage.WriteStateAsync("first", s_grain, new GrainState<string>());
        var second = storage.WriteStateAsync("second", s_grain, new GrainState<string>());
        inner.Go.SetException(new InconsistentStateException("Another one has written."));

        await Assert.ThrowsAsync<InconsistentStateException>(() => first);
        await Assert.ThrowsAsync<InconsistentStateException>(() => second);
        Assert.Equal(["first", "second"], inner.Calls);
    }

    [Fact]
    public async Task Write_CallerGivesUpWaiting_IsNotWritten()
    {
        var inner = new HeldStorage();
        using var storage = new OneWriterStorage(inner);
        using var stop = new CancellationTokenSource();

        var first = storage.WriteStateAsync("first", s_grain, new GrainState<string>());
        var second = storage.WriteStateAsync("second", s_grain, new GrainState<string>(), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        inner.Go.SetResult();
        await first;

        Assert.Equal(["first"], inner.Calls);
    }

    /// <summary>Writes come to their end when the test says so.</summary>
    private sealed class HeldStorage : IGrainStorage
    {
        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Calls { get; } = [];

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            Calls.Add(stateName);
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            Calls.Add(stateName);
            return Go.Task;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => WriteStateAsync(stateName, grainId, grainState);
    }
}
