namespace OrleansOneShot.Common.Tests;

public sealed class LoneWorkTests
{
    [Fact]
    public async Task RunAsync_Work_GivesItsResultOrItsError()
    {
        Assert.Equal(5, await LoneWork.RunAsync(() => 5, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<FormatException>(() => LoneWork.RunAsync<int>(() => throw new FormatException(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task RunAsync_WorkThatCantBeStopped_IsLeftAndForgottenWhenItEnds()
    {
        using var end = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = LoneWork.RunAsync(
            () =>
            {
                begun.SetResult();
                end.Wait(CancellationToken.None);
                ended.SetResult();
                return 0;
            },
            stop.Token
        );
        await begun.Task;

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True(LoneWork.IsAnyLeft);
        end.Set();
        await ended.Task;
        Assert.True(SpinWait.SpinUntil(() => !LoneWork.IsAnyLeft, TimeSpan.FromMinutes(1)), "The work is not forgotten.");
    }

    [Fact]
    public async Task RunAsync_WorkThatTakesTooLong_IsATimeout()
    {
        using var end = new ManualResetEventSlim();

        await Assert.ThrowsAsync<TimeoutException>(() =>
            LoneWork.RunAsync(() => end.Wait(Timeout.Infinite), TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken)
        );

        end.Set();
    }

    [Fact]
    public async Task RunAsync_StoppedBefore_DoesNotBegin()
    {
        var begun = false;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LoneWork.RunAsync(() => begun = true, new CancellationToken(canceled: true)));

        Assert.False(begun);
    }
}
