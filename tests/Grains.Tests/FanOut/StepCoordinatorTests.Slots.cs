using System.Collections.Immutable;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.FanOut;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests.FanOut;

/// <summary>How slots come and go.</summary>
public sealed partial class StepCoordinatorTests
{
    private static readonly TimeSpan s_retry = new OneShotGrainsOptions().FanOutRetryPeriod;

    [Fact]
    public async Task Recruit_ASlotIsSlowToOpen_JoinsLater()
    {
        var lender = new FakeLender("a", "b");
        var gate = new Gate();
        lender["b"].OnOpen = _ => gate.PassAsync();
        var coordinator = Coordinator(lender);
        var recruited = Task.Run(() => coordinator.Recruit(2, TimeSpan.FromMinutes(1), Cancelled), Cancelled);
        await gate.Reached;
        await UntilAsync(() => coordinator.Recruit(2, TimeSpan.Zero, Cancelled) == 1);
        Assert.False(recruited.IsCompleted);
        Assert.Equal(1, await LaterAsync(recruited));
        await Evaluate(coordinator, 0);
        gate.Open();
        await SettledAsync(coordinator);
        await Evaluate(coordinator, 1);
        Assert.Equal(2, lender["a"].Works.Count);
        Assert.Equal(1, lender["b"].Works.Single().Step);
        Assert.Equal(3, coordinator.Figures.Slots);
    }

    [Fact]
    public async Task Recruit_TheAnswerIsLost_MakesTheSameRequestAgain()
    {
        var lender = new FakeLender("a") { LostAnswers = 1 };
        var (coordinator, ready) = Recruited(lender, 2);
        Assert.Equal(0, ready);
        for (var step = 0; step < 2; step++)
        {
            _clock.Advance(s_retry);
            await Evaluate(coordinator, step);
            await SettledAsync(coordinator);
        }

        Assert.Equal([1L, 1L, 2L], lender.Requests);
    }

    [Fact]
    public async Task Recruit_Cancelled_EndsAtOnce()
    {
        var lender = new FakeLender("a");
        var gate = new Gate();
        lender["a"].OnOpen = token => gate.PassAsync().WaitAsync(token);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var coordinator = Coordinator(lender);
        var recruited = Task.Run(() => coordinator.Recruit(1, TimeSpan.FromHours(1), cancel.Token), Cancelled);
        await gate.Reached;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => recruited.WaitAsync(TestWorld.Limit));
    }

    [Fact]
    public void Recruit_ASiloCannotPrepareTheJob_AsksForAnother()
    {
        var lender = new FakeLender("a", "b", "c");
        lender["a"].OnOpen = _ => throw new OneShotException(new ErrorDetail(ErrorCodes.Limit, "too little memory"));
        var (_, ready) = Recruited(lender, 2);
        Assert.Equal(2, ready);
        Assert.Equal(["2", "1 but a"], lender.Asked);
        Assert.Equal(["a"], lender.GivenBack);
    }

    [Fact]
    public async Task Recruit_ASiloRefuses_IsAskedAgainOnlyAfterAWhile()
    {
        var lender = new FakeLender("a");
        lender["a"].OnOpen = _ => throw WorkerThread.Unavailable("its silo has no ITermEngine");
        var (coordinator, ready) = Recruited(lender, 1);
        Assert.Equal(0, ready);
        Assert.Equal(["1", "1 but a"], lender.Asked);
        lender["a"].OnOpen = _ => Task.CompletedTask;
        await Evaluate(coordinator, 0);
        Assert.Equal(2, lender.Asked.Count);
        _clock.Advance(s_retry);
        await Evaluate(coordinator, 1);
        await SettledAsync(coordinator);
        Assert.Equal(["1", "1 but a", "1"], lender.Asked);
        await Evaluate(coordinator, 2);
        Assert.Equal(2, lender["a"].Works.Single().Step);
    }

    [Fact]
    public async Task Evaluate_ASlotBecomesFree_JoinsAfterAWhileButNeverMoreThanAreUseful()
    {
        var lender = new FakeLender("a");
        var (coordinator, ready) = Recruited(lender, 5);
        Assert.Equal(1, ready);
        foreach (var silo in (string[])["b", "c", "d", "e"])
        {
            lender.Free(silo);
        }
        await Evaluate(coordinator, 0, terms: 3);
        await SettledAsync(coordinator);
        Assert.Equal(["5"], lender.Asked);
        _clock.Advance(s_retry);
        Assert.Equal(FakeTerms.Step(1, 3, s_payload), await Evaluate(coordinator, 1, terms: 3));
        await SettledAsync(coordinator);
        Assert.Equal(["5", "1"], lender.Asked);
        Assert.Equal(FakeTerms.Step(2, 3, s_payload), await Evaluate(coordinator, 2, terms: 3));
        Assert.Equal(2, lender["b"].Works.Single().Step);
    }

    [Fact]
    public async Task Recruit_LongPauses_SlotsHearThatTheJobLives()
    {
        var lender = new FakeLender("a");
        var heard = new TaskCompletionSource<(int, int)>(TaskCreationOptions.RunContinuationsAsynchronously);
        lender["a"].OnEcho = (payload, bytes) =>
        {
            heard.TrySetResult((payload.Length, bytes));
            throw new TimeoutException("a sign of life needs no answer");
        };
        var (coordinator, _) = Recruited(lender, 1);
        var patience = new OneShotGrainsOptions().FanOutIdleTimeout;
        _clock.Advance(patience / 2);
        Assert.Equal((0, 0), await heard.Task.WaitAsync(TestWorld.Limit));
        Assert.Equal(FakeTerms.Step(0, Terms, s_payload), await Evaluate(coordinator, 0));
        Assert.Equal(0, coordinator.Figures.WorkersDropped);
    }

    [Fact]
    public async Task Dismiss_WithSlots_ClosesThemAndGivesThemBack()
    {
        var lender = new FakeLender("a", "b");
        var (coordinator, _) = Recruited(lender, 2);
        coordinator.Dismiss();
        Assert.Equal(FakeTerms.Step(0, Terms, s_payload), await Evaluate(coordinator, 0));
        await coordinator.DisposeAsync();
        Assert.Empty(lender["a"].Works);
        Assert.Equal(["a", "b"], lender.GivenBack.Order());
        Assert.Equal((1, 1, 0), (lender["a"].Closed, lender["b"].Closed, coordinator.Figures.WorkersDropped));
        Assert.Equal(["2"], lender.Asked);
    }

    [Fact]
    public async Task Dismiss_BeforeTheSchedulerHasAnswered_GivesBackWhatComes()
    {
        var lender = new FakeLender("a") { Gate = new Gate() };
        var coordinator = Coordinator(lender);
        Assert.Equal(0, coordinator.Recruit(1, TimeSpan.Zero, Cancelled));
        await lender.Gate.Reached;
        coordinator.Dismiss();
        lender.Gate.Open();
        await SettledAsync(coordinator);
        await coordinator.DisposeAsync();
        Assert.Equal(["a"], lender.GivenBack);
        Assert.Empty(lender.Numbers);
    }

    [Fact]
    public async Task Dismiss_WhileASlotOpens_GivesItUp()
    {
        var lender = new FakeLender("a");
        var gate = new Gate();
        lender["a"].OnOpen = token => gate.PassAsync().WaitAsync(token);
        var coordinator = Coordinator(lender);
        Assert.Equal(0, coordinator.Recruit(1, TimeSpan.Zero, Cancelled));
        await gate.Reached;
        coordinator.Dismiss();
        await coordinator.DisposeAsync();
        Assert.Equal((1, 0), (lender["a"].Closed, coordinator.Figures.WorkersDropped));
        Assert.Equal(["a"], lender.GivenBack);
    }

    [Fact]
    public void MeasureTransfer_TwoTries_GivesTheBetter()
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        var seconds = new Queue<int>([3, 1, 9]);
        lender["a"].OnEcho = (payload, bytes) =>
        {
            Assert.Equal(10, payload.Length);
            _clock.Advance(TimeSpan.FromSeconds(seconds.Dequeue()));
            return Task.FromResult<ReadOnlyMemory<byte>>(new byte[bytes]);
        };
        Assert.Equal(1, coordinator.MeasureTransfer(10, 20, Cancelled));
        Assert.Equal([9], seconds);
    }

    [Fact]
    public async Task MeasureTransfer_ASlotFails_MeasuresTheOthers()
    {
        var lender = new FakeLender("a", "b", "c");
        var (coordinator, _) = Recruited(lender, 3);
        lender["a"].OnEcho = (_, _) => throw new SiloUnavailableException("it is dead");
        lender["b"].OnEcho = (_, _) => Task.FromResult<ReadOnlyMemory<byte>>(new byte[1]);
        Assert.Equal(0, coordinator.MeasureTransfer(10, 20, Cancelled));
        Assert.Equal(2, coordinator.Figures.WorkersDropped);
        lender["c"].OnEcho = (_, _) => new TaskCompletionSource<ReadOnlyMemory<byte>>().Task;
        Assert.Equal(double.PositiveInfinity, await LaterAsync(Task.Run(() => coordinator.MeasureTransfer(10, 20, Cancelled), Cancelled)));
    }

    [Fact]
    public void MeasureTransfer_NobodyOrTooMuch_IsInfinite()
    {
        Assert.Equal(double.PositiveInfinity, Recruited(new FakeLender(), 1).Coordinator.MeasureTransfer(1, 1, Cancelled));
        var (coordinator, _) = Recruited(new FakeLender("a"), 1);
        Assert.Equal(double.PositiveInfinity, coordinator.MeasureTransfer(FanOutLimits.PayloadBytes + 1, 1, Cancelled));
        Assert.Equal(double.PositiveInfinity, coordinator.MeasureTransfer(1, FanOutLimits.PayloadBytes + 1, Cancelled));
        Assert.Equal(0, coordinator.MeasureTransfer(1, 1, Cancelled));
    }

    [Fact]
    public async Task Deadline_LearnsFromAnswers_AndForgetsTheWarmUp()
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        var seconds = 40;
        lender["a"].OnEvaluate = (work, _) =>
        {
            _clock.Advance(TimeSpan.FromSeconds(seconds));
            return Task.FromResult<ImmutableArray<TermResult>>(FakeRemoteWorker.Answer(work));
        };
        var slot = new BorrowedSlot(new("x", 0, "j", 1, default), lender["a"]);
        Assert.Equal(TimeSpan.FromSeconds(60), coordinator.Deadline(slot, 4));
        // Two terms: the usual is known by the term.
        slot.Answered(3);
        Assert.Equal(TimeSpan.FromSeconds(24), coordinator.Deadline(slot, 2));
        slot.Answered(0.1);
        Assert.Equal(TimeSpan.FromSeconds(24), coordinator.Deadline(slot, 2));
        for (var i = 0; i < 7; i++)
        {
            slot.Answered(0.1);
        }
        Assert.Equal(TimeSpan.FromSeconds(2), coordinator.Deadline(slot, 2));
        // An answer that has come counts, even if nobody looked before its time was over.
        await Evaluate(coordinator, 0);
        Assert.Equal((0, 0), (coordinator.Figures.TermsRepeated, coordinator.Figures.WorkersDropped));
    }
}
