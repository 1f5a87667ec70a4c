using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.FanOut;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests.FanOut;

/// <summary>Every fault that another slot can have, and the same values each time.</summary>
public sealed partial class StepCoordinatorTests : IAsyncDisposable
{
    private const int Terms = 8;

    private static readonly byte[] s_payload = [1, 2, 3];

    private readonly FakeTimeProvider _clock = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConcurrentQueue<int> _here = new();
    private readonly List<StepCoordinator> _coordinators = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Evaluate_AnswersInAnyOrder_GivesTheTermsInTheirOrder()
    {
        var lender = new FakeLender("a", "b", "c");
        var (coordinator, _) = Recruited(lender, 3);
        var gates = new Dictionary<string, Gate>();
        foreach (var silo in (string[])["a", "b", "c"])
        {
            var gate = gates[silo] = new Gate();
            lender[silo].OnEvaluate = async (work, _) =>
            {
                await gate.PassAsync();
                return [.. FakeRemoteWorker.Answer(work).Reverse()];
            };
        }

        using var waits = new RecordedValues(_services, "oneshot.fanout.reduce.duration");
        var step = Evaluate(coordinator, 0);
        foreach (var silo in (string[])["c", "b", "a"])
        {
            await gates[silo].Reached;
            gates[silo].Open();
        }

        Assert.Equal(FakeTerms.Step(0, Terms, s_payload), await step);
        Assert.Equal([0, 4], _here);
        Assert.Equal([1, 5], lender["a"].Works.Single().Terms);
        Assert.Equal([2, 6], lender["b"].Works.Single().Terms);
        Assert.Equal([3, 7], lender["c"].Works.Single().Terms);
        Assert.Single(waits.Values);
        Assert.Equal(
            new FanOutFigures
            {
                Steps = 1,
                Slots = 4,
                BytesSent = 9,
                BytesReceived = 6 * FakeTerms.Bytes,
            },
            coordinator.Figures
        );
    }

    [Fact]
    public async Task Evaluate_NobodyLent_EvaluatesAllHere()
    {
        var (coordinator, ready) = Recruited(new FakeLender(), 3);
        Assert.Equal(0, ready);
        Assert.Equal(FakeTerms.Step(0, Terms, s_payload), await Evaluate(coordinator, 0));
        Assert.Equal(Enumerable.Range(0, Terms), _here);
        Assert.Equal(new FanOutFigures(), coordinator.Figures);
    }

    [Fact]
    public async Task Evaluate_FewerTermsThanSlots_UsesNoMoreThanAreUseful()
    {
        var lender = new FakeLender("a", "b", "c");
        var (coordinator, _) = Recruited(lender, 3);
        Assert.Equal(FakeTerms.Step(0, 2, s_payload), await Evaluate(coordinator, 0, terms: 2));
        Assert.Equal(FakeTerms.Step(1, 1, s_payload), await Evaluate(coordinator, 1, terms: 1));
        Assert.Equal([1], lender["a"].Works.Single().Terms);
        Assert.Empty(lender["b"].Works);
    }

    [Fact]
    public async Task Evaluate_ASlotDies_ItsTermsGoElsewhereAndItIsReplaced()
    {
        var lender = new FakeLender("a", "b", "c");
        var (coordinator, ready) = Recruited(lender, 2);
        Assert.Equal(2, ready);
        lender["a"].OnEvaluate = (_, _) => throw new SiloUnavailableException("it is dead");
        Assert.Equal(FakeTerms.Step(0, Terms, s_payload), await Evaluate(coordinator, 0));
        // a's 1, 4, 7: two of them here, one by b, which had answered already.
        Assert.Equal([0, 3, 6, 1, 7], _here);
        Assert.Equal(
            [
                [2, 5],
                [4],
            ],
            lender["b"].Works.Select(work => work.Terms.ToArray())
        );
        Assert.Equal((3, 1, 0), (coordinator.Figures.TermsRepeated, coordinator.Figures.WorkersDropped, coordinator.Figures.AnswersDropped));
        await SettledAsync(coordinator);
        Assert.Equal(["a"], lender.GivenBack);
        Assert.Equal(["2", "1 but a"], lender.Asked);
        Assert.Equal([0, 1, 2], lender.Numbers);
        Assert.Equal(FakeTerms.Step(1, Terms, s_payload), await Evaluate(coordinator, 1));
        Assert.Single(lender["a"].Works);
        Assert.Equal([1, 4, 7], lender["b"].Works.Last().Terms);
        Assert.Equal([2, 5], lender["c"].Works.Single().Terms);
    }

    [Fact]
    public async Task Evaluate_ASlotIsTakenBack_ItsSiloMayHelpAgain()
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        lender["a"].OnEvaluate = (_, _) => throw WorkerThread.Unavailable("the slot is needed for a job");
        Assert.Equal(FakeTerms.Step(0, Terms, s_payload), await Evaluate(coordinator, 0));
        await SettledAsync(coordinator);
        Assert.Equal(["1", "1"], lender.Asked);
        await UntilAsync(() => lender["a"].Closed == 1);
    }

    [Fact]
    public async Task Evaluate_ASlotHangs_IsLateOnceAndGivenUpTheSecondTime()
    {
        var lender = new FakeLender("a", "b");
        var (coordinator, _) = Recruited(lender, 2);
        var answers = new ConcurrentQueue<TaskCompletionSource<ImmutableArray<TermResult>>>();
        lender["a"].OnEvaluate = (_, _) =>
        {
            var answer = new TaskCompletionSource<ImmutableArray<TermResult>>(TaskCreationOptions.RunContinuationsAsynchronously);
            answers.Enqueue(answer);
            return answer.Task;
        };
        Assert.Equal(FakeTerms.Step(0, Terms, s_payload), await LaterAsync(Evaluate(coordinator, 0)));
        Assert.Equal((0, 3), (coordinator.Figures.WorkersDropped, coordinator.Figures.TermsRepeated));
        Assert.Empty(lender.GivenBack);

        var second = Evaluate(coordinator, 1);
        // The answer of step 0, in the middle of step 1, with the right terms.
        answers.First().SetResult(FakeRemoteWorker.Answer(lender["a"].Works.First()));
        Assert.Equal(FakeTerms.Step(1, Terms, s_payload), await LaterAsync(second));
        await SettledAsync(coordinator);
        await UntilAsync(() => coordinator.Figures.AnswersDropped > 0);
        Assert.Equal((1, 6, 3), (coordinator.Figures.WorkersDropped, coordinator.Figures.TermsRepeated, coordinator.Figures.AnswersDropped));
        Assert.Equal(["a"], lender.GivenBack);
        Assert.Equal(["2", "1 but a"], lender.Asked);

        Assert.Equal(FakeTerms.Step(2, Terms, s_payload), await Evaluate(coordinator, 2));
        Assert.Equal(2, lender["a"].Works.Count);
        Assert.All(lender["b"].Works, work => Assert.True(work.Terms.Length > 0));
    }

    [Fact]
    public async Task Evaluate_ALateSlotAnswersInTimeAgain_IsKept()
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        var right = lender["a"].OnEvaluate;
        lender["a"].OnEvaluate = (_, _) => new TaskCompletionSource<ImmutableArray<TermResult>>().Task;
        await LaterAsync(Evaluate(coordinator, 0));
        lender["a"].OnEvaluate = right;
        for (var step = 1; step < 4; step++)
        {
            Assert.Equal(FakeTerms.Step(step, Terms, s_payload), await Evaluate(coordinator, step));
        }
        Assert.Equal((0, 4), (coordinator.Figures.WorkersDropped, coordinator.Figures.Steps));
    }

    [Fact]
    public async Task Evaluate_AllHangForEver_EndsAllTheSame()
    {
        var lender = new FakeLender("a", "b", "c");
        var (coordinator, _) = Recruited(lender, 3);
        foreach (var silo in (string[])["a", "b", "c"])
        {
            lender[silo].OnEvaluate = (_, _) => new TaskCompletionSource<ImmutableArray<TermResult>>().Task;
            lender[silo].OnClose = () => new TaskCompletionSource().Task;
        }

        for (var step = 0; step < 3; step++)
        {
            Assert.Equal(FakeTerms.Step(step, Terms, s_payload), await LaterAsync(Evaluate(coordinator, step)));
        }
        Assert.Equal(3, coordinator.Figures.WorkersDropped);
        Assert.Equal(2, coordinator.Figures.Steps);
    }

    [Theory]
    [InlineData("job")]
    [InlineData("epoch")]
    [InlineData("step")]
    [InlineData("somebody else's term")]
    [InlineData("no term")]
    [InlineData("nothing")]
    [InlineData("default")]
    [InlineData("null")]
    public async Task Evaluate_AnAnswerToSomethingElse_IsDroppedAndRepeated(string what)
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        lender["a"].OnEvaluate = (work, _) =>
            Task.FromResult<ImmutableArray<TermResult>>(
                what switch
                {
                    "job" => [.. FakeRemoteWorker.Answer(work).Select(result => result with { JobId = "other" })],
                    "epoch" => [.. FakeRemoteWorker.Answer(work).Select(result => result with { Epoch = 2 })],
                    "step" => [.. FakeRemoteWorker.Answer(work).Select(result => result with { Step = work.Step + 1 })],
                    "somebody else's term" => [.. FakeRemoteWorker.Answer(work).Select(result => result with { Term = 0 })],
                    "no term" => [.. FakeRemoteWorker.Answer(work).Select(result => result with { Term = -1 })],
                    "nothing" => [],
                    "default" => default,
                    _ => [null!, null!, null!, null!],
                }
            );
        for (var step = 0; step < 3; step++)
        {
            Assert.Equal(FakeTerms.Step(step, Terms, s_payload), await Evaluate(coordinator, step));
        }
        var dropped = what is "nothing" or "default" ? 0 : 8;
        Assert.Equal((dropped, 8, 1), (coordinator.Figures.AnswersDropped, coordinator.Figures.TermsRepeated, coordinator.Figures.WorkersDropped));
        Assert.Equal(2, lender["a"].Works.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(FakeTerms.Bytes - 1)]
    [InlineData(FakeTerms.Bytes + 1)]
    public async Task Evaluate_AnAnswerOfAnotherSize_EndsThatSlot(int bytes)
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        lender["a"].OnEvaluate = (work, _) =>
            Task.FromResult<ImmutableArray<TermResult>>([.. FakeRemoteWorker.Answer(work).Select(result => result with { Payload = new byte[bytes] })]);
        Assert.Equal(FakeTerms.Step(0, Terms, s_payload), await Evaluate(coordinator, 0));
        await SettledAsync(coordinator);
        Assert.Equal((1, 1), (coordinator.Figures.AnswersDropped, coordinator.Figures.WorkersDropped));
        Assert.Equal(["1", "1 but a"], lender.Asked);
    }

    [Fact]
    public async Task Evaluate_TermsAnsweredTwice_CountOnce()
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        lender["a"].OnEvaluate = (work, _) =>
            Task.FromResult<ImmutableArray<TermResult>>([
                .. FakeRemoteWorker.Answer(work),
                .. FakeRemoteWorker.Answer(work).Select(result => result with { Payload = new byte[FakeTerms.Bytes] }),
            ]);
        Assert.Equal(FakeTerms.Step(0, Terms, s_payload), await Evaluate(coordinator, 0));
        Assert.Equal((4, 0, 0), (coordinator.Figures.AnswersDropped, coordinator.Figures.TermsRepeated, coordinator.Figures.WorkersDropped));
    }

    [Fact]
    public async Task Evaluate_Cancelled_EndsAtOnceAndTellsTheSlots()
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var (gate, told) = (new Gate(), new TaskCompletionSource());
        lender["a"].OnEvaluate = async (work, token) =>
        {
            token.Register(() => told.TrySetResult());
            await gate.PassAsync();
            return FakeRemoteWorker.Answer(work);
        };
        var step = Evaluate(coordinator, 0, cancellationToken: cancel.Token);
        await gate.Reached;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => step.WaitAsync(TestWorld.Limit));
        await told.Task.WaitAsync(TestWorld.Limit);
        Assert.Equal(0, coordinator.Figures.WorkersDropped);
        gate.Open();
    }

    [Fact]
    public async Task Evaluate_TheEngineFailsHere_PassesItsErrorOnAndTellsTheSlots()
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        var told = new TaskCompletionSource();
        lender["a"].OnEvaluate = (_, token) =>
        {
            token.Register(() => told.TrySetResult());
            return new TaskCompletionSource<ImmutableArray<TermResult>>().Task;
        };
        var error = await Assert.ThrowsAsync<OneShotException>(() =>
            Task.Run(
                () =>
                    coordinator.Evaluate(
                        0,
                        Terms,
                        s_payload,
                        _ => throw new OneShotException(new ErrorDetail(ErrorCodes.Limit, "too little memory")),
                        Cancelled
                    ),
                Cancelled
            )
        );
        Assert.Equal("too little memory", error.Message);
        await told.Task.WaitAsync(TestWorld.Limit);
    }

    [Fact]
    public async Task Evaluate_PayloadTooLarge_SendsNothing()
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        var payload = new byte[FanOutLimits.PayloadBytes + 1];
        var values = await Task.Run(() => coordinator.Evaluate(0, 2, payload, term => FakeTerms.Value(0, term, s_payload), Cancelled), Cancelled);
        Assert.Equal(FakeTerms.Step(0, 2, s_payload), FakeTerms.Texts(values));
        Assert.Empty(lender["a"].Works);
    }

    [Fact]
    public async Task Evaluate_LargeAnswers_AreAskedForInSeveralCalls()
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        // Each answer nearly half of what a call may hold: two a call.
        Assert.True(coordinator.MeasureTransfer(1, (FanOutLimits.PayloadBytes / 2) - 1, Cancelled) < double.PositiveInfinity);
        Assert.Equal(FakeTerms.Step(0, Terms, s_payload), await Evaluate(coordinator, 0));
        Assert.Equal(
            [
                [1, 3],
                [5, 7],
            ],
            lender["a"].Works.Select(work => work.Terms.ToArray())
        );
    }

    [Fact]
    public async Task Evaluate_CallerUsesItsBytesAgain_LateCallsKeepTheirs()
    {
        var lender = new FakeLender("a");
        var (coordinator, _) = Recruited(lender, 1);
        byte[] payload = [.. s_payload];
        await Task.Run(() => coordinator.Evaluate(0, Terms, payload, term => FakeTerms.Value(0, term, payload), Cancelled), Cancelled);
        payload[0] = 99;
        Assert.Equal(s_payload, lender["a"].Works.Single().Payload.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var coordinator in _coordinators)
        {
            await LaterAsync(coordinator.DisposeAsync().AsTask());
        }
        await _services.DisposeAsync();
    }

    private (StepCoordinator Coordinator, int Ready) Recruited(FakeLender lender, int wanted)
    {
        var coordinator = Coordinator(lender);
        // OutageRetry that no fake needs.
        return (coordinator, coordinator.Recruit(wanted, TimeSpan.FromHours(1), Cancelled));
    }

    private StepCoordinator Coordinator(FakeLender lender)
    {
        var coordinator = new StepCoordinator(
            lender,
            new SlotLease("own", 0, "j", 1, DateTimeOffset.UnixEpoch),
            new OneShotGrainsOptions { Clock = _clock },
            new OneShotInstruments(_services.GetRequiredService<IMeterFactory>()),
            NullLogger.Instance
        );
        _coordinators.Add(coordinator);
        return coordinator;
    }

    private Task<List<string>> Evaluate(StepCoordinator coordinator, int step, int terms = Terms, CancellationToken cancellationToken = default) =>
        Task.Run(
            () =>
                FakeTerms.Texts(
                    coordinator.Evaluate(
                        step,
                        terms,
                        s_payload,
                        term =>
                        {
                            _here.Enqueue(term);
                            return FakeTerms.Value(step, term, s_payload);
                        },
                        cancellationToken
                    )
                ),
            CancellationToken.None
        );

    /// <summary>Waits until every slot that was lent is ready, and every one that was given up replaced.</summary>
    private static Task SettledAsync(StepCoordinator coordinator) => coordinator.WhenSettledAsync().WaitAsync(TestWorld.Limit);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TestWorld.Limit);
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Lets time go by until something ends.</summary>
    private async Task<T> LaterAsync<T>(Task<T> task)
    {
        await LaterAsync((Task)task);
        return await task;
    }

    private async Task LaterAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await task;
    }
}
