using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.FanOut;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests.FanOut;

public sealed class WorkerThreadTests : IAsyncDisposable
{
    private static readonly byte[] s_payload = [1, 2, 3];
    private static readonly TimeSpan s_patience = new OneShotGrainsOptions().FanOutIdleTimeout;

    private readonly FakeTimeProvider _clock = new();
    private readonly FakeTermEngine _engine = new();
    private readonly List<WorkerThread> _workers = [];

    [Fact]
    public async Task Evaluate_SeveralCalls_RunInTheirOrderOnOneThreadThatEnds()
    {
        var worker = Open();
        var gate = _engine.GateAt(0, 3);
        var first = worker.EvaluateAsync(Work(0, 3, 1), CancellationToken.None);
        await gate.Reached;
        var second = worker.EvaluateAsync(Work(1, 0), CancellationToken.None);
        gate.Open();
        Assert.Equal([("j", 1L, 0, 3), ("j", 1L, 0, 1)], (await first).Select(result => (result.JobId, result.Epoch, result.Step, result.Term)));
        Assert.Equal(
            FakeTerms.Texts([FakeTerms.Value(0, 3, s_payload), FakeTerms.Value(0, 1, s_payload)]),
            FakeTerms.Texts((await first).Select(result => new TermValue(result.Payload, result.Losses)))
        );
        Assert.Equal(1, Assert.Single(await second).Step);
        worker.End("the test is over");
        await worker.Completion.WaitAsync(TestWorld.Limit);
        Assert.Equal(["open j/1", "0.3", "0.1", "1.0", "close j/1"], _engine.Events);
        var (thread, isOfThePool) = Assert.Single(_engine.Threads);
        Assert.False(isOfThePool);
        // Elsewhere: what awaits the completion may go on on that very thread.
        Assert.True(await Task.Run(() => thread.Join(TestWorld.Limit)));
    }

    [Fact]
    public async Task End_WhileATermIsEvaluated_TellsItsCallersAtOnceAndEndsAtTheTermsEnd()
    {
        _engine.Deaf = true;
        var worker = Open();
        var gate = _engine.GateAt(0, 0);
        var running = worker.EvaluateAsync(Work(0, 0, 1), CancellationToken.None);
        var waiting = worker.EvaluateAsync(Work(1, 0), CancellationToken.None);
        await gate.Reached;
        worker.End("the slot is needed for a job");
        foreach (var call in (Task[])[running, waiting, worker.EvaluateAsync(Work(2, 0), CancellationToken.None)])
        {
            Assert.Equal(ErrorCodes.Unavailable, (await Assert.ThrowsAsync<OneShotException>(() => call.WaitAsync(TestWorld.Limit))).Detail.Code);
        }
        Assert.Throws<OneShotException>(worker.Touch);
        Assert.False(worker.Completion.IsCompleted);
        gate.Open();
        await worker.Completion.WaitAsync(TestWorld.Limit);
        Assert.Equal(["open j/1", "0.0", "close j/1"], _engine.Events);
    }

    [Fact]
    public async Task Idle_NobodyCalls_EndsByItself()
    {
        var worker = Open();
        await worker.Opened;
        await worker.EvaluateAsync(Work(0, 0), CancellationToken.None);
        _clock.Advance(s_patience - TimeSpan.FromSeconds(1));
        worker.Touch();
        _clock.Advance(s_patience - TimeSpan.FromSeconds(1));
        Assert.False(worker.HasEnded);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await worker.Completion.WaitAsync(TestWorld.Limit);
        Assert.Equal("close j/1", _engine.Events.Last());
    }

    [Fact]
    public async Task Idle_ALongTermRuns_CountsFromItsEnd()
    {
        var worker = Open();
        var gate = _engine.GateAt(0, 0);
        var call = worker.EvaluateAsync(Work(0, 0), CancellationToken.None);
        await gate.Reached;
        _clock.Advance(10 * s_patience);
        Assert.False(worker.HasEnded);
        gate.Open();
        await call;
        _clock.Advance(s_patience - TimeSpan.FromSeconds(1));
        Assert.False(worker.HasEnded);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(worker.HasEnded);
    }

    [Fact]
    public async Task Evaluate_Cancelled_LeavesTheRestOut()
    {
        _engine.Deaf = true;
        var worker = Open();
        var gate = _engine.GateAt(0, 0);
        using var cancel = new CancellationTokenSource();
        var call = worker.EvaluateAsync(Work(0, 0, 1, 2), cancel.Token);
        await gate.Reached;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TestWorld.Limit));
        gate.Open();
        await worker.EvaluateAsync(Work(1, 5), CancellationToken.None);
        Assert.Equal(["open j/1", "0.0", "1.5"], _engine.Events);
    }

    [Fact]
    public async Task Evaluate_TheEngineFails_SaysSoAndGoesOn()
    {
        var worker = Open();
        _engine.TermFailure = new InvalidOperationException("a kernel failed");
        var error = await Assert.ThrowsAsync<OneShotException>(() => worker.EvaluateAsync(Work(0, 0), CancellationToken.None));
        Assert.Equal((ErrorCodes.Failed, "The engine failed on the lent slot: a kernel failed"), (error.Detail.Code, error.Message));
        _engine.TermFailure = null;
        Assert.Single(await worker.EvaluateAsync(Work(1, 0), CancellationToken.None));
    }

    [Fact]
    public async Task Open_TheEngineCannot_PassesItsErrorOn()
    {
        _engine.OpenFailure = new OneShotException(new ErrorDetail(ErrorCodes.Limit, "too little memory"));
        var worker = Open();
        Assert.Equal("too little memory", (await Assert.ThrowsAsync<OneShotException>(() => worker.Opened.WaitAsync(TestWorld.Limit))).Message);
        await worker.Completion.WaitAsync(TestWorld.Limit);
        Assert.Equal("too little memory", (await Assert.ThrowsAsync<OneShotException>(() => worker.EvaluateAsync(Work(0, 0), CancellationToken.None))).Message);
    }

    [Fact]
    public async Task Start_TheSlotIsNotFreeYet_Waits()
    {
        var before = new TaskCompletionSource();
        var worker = Open(before.Task);
        var call = worker.EvaluateAsync(Work(0, 0), CancellationToken.None);
        Assert.Empty(_engine.Events);
        before.SetResult();
        await call;
        Assert.True(worker.Opened.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Evaluate_WorkThatIsNone_IsRefused()
    {
        var worker = Open();
        foreach (
            var work in (StepWork[])
                [
                    Work(0, 0) with
                    {
                        JobId = "other",
                    },
                    Work(0, 0) with
                    {
                        Epoch = 2,
                    },
                    Work(-1, 0),
                    Work(0),
                    Work(0) with
                    {
                        Terms = default,
                    },
                    Work(0, -1),
                    Work(0, FanOutLimits.Terms),
                    Work(0, [.. Enumerable.Range(0, FanOutLimits.Terms), 0]),
                ]
        )
        {
            Assert.Equal(
                ErrorCodes.InvalidInput,
                (await Assert.ThrowsAsync<OneShotException>(() => worker.EvaluateAsync(work, CancellationToken.None))).Detail.Code
            );
        }
        var large = Work(0, 0) with { Payload = new byte[FanOutLimits.PayloadBytes + 1] };
        Assert.Equal(ErrorCodes.Limit, (await Assert.ThrowsAsync<OneShotException>(() => worker.EvaluateAsync(large, CancellationToken.None))).Detail.Code);
        Assert.Single(await worker.EvaluateAsync(Work(0, FanOutLimits.Terms - 1), CancellationToken.None));
    }

    [Fact]
    public async Task Evaluate_MoreCallsThanAnyJobNeeds_AreRefused()
    {
        var worker = Open();
        var gate = _engine.GateAt(0, 0);
        var calls = Enumerable.Range(0, 64).Select(step => worker.EvaluateAsync(Work(step, 0), CancellationToken.None)).ToList();
        await gate.Reached;
        Assert.Equal(
            ErrorCodes.Limit,
            (await Assert.ThrowsAsync<OneShotException>(() => worker.EvaluateAsync(Work(99, 0), CancellationToken.None))).Detail.Code
        );
        gate.Open();
        Assert.Equal(64, (await Task.WhenAll(calls)).Length);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            worker.End("the test is over");
            await worker.Completion.WaitAsync(TestWorld.Limit);
            worker.Dispose();
        }
    }

    private static StepWork Work(int step, params int[] terms) => new("j", 1, step, [.. terms], s_payload);

    private WorkerThread Open(Task? slotFree = null)
    {
        var lease = new SlotLease("s", 0, "j", 1, DateTimeOffset.UnixEpoch);
        var worker = new WorkerThread(
            _engine,
            lease,
            new EngineJob("j", 1, 0, TestWorld.Request(), null, string.Empty),
            new OneShotGrainsOptions { Clock = _clock },
            NullLogger.Instance
        );
        _workers.Add(worker);
        worker.Start(slotFree ?? Task.CompletedTask);
        return worker;
    }
}
