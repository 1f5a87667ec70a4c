using System.Collections.Concurrent;
using System.Collections.Immutable;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests.FanOut;

/// <summary>Jobs that borrow slots in a real cluster of silos in this process.</summary>
public sealed class FanOutClusterTests
{
    private const int Steps = 4;
    private const int Terms = 6;

    private static readonly byte[] s_payload = [1, 2, 3];

    private readonly ConcurrentDictionary<int, List<string>> _steps = new();
    private FanOutFigures _figures = new();

    [Fact]
    public async Task Job_ThreeSilos_SpreadsItsStepsAndLeavesNothingBehind()
    {
        await using var world = new TestWorld();
        await StartAsync(world, 3);
        var own = string.Empty;
        world.Engine.FanOuts["j1"] = (job, token) =>
        {
            job.BorrowedSlots.Settle("in bfloat16");
            Assert.Equal(2, job.BorrowedSlots.Recruit(2, TestWorld.Limit, token));
            Assert.True(job.BorrowedSlots.MeasureTransfer(1 << 20, 1 << 20, token) is > 0 and < double.PositiveInfinity);
            var snapshot = world.Scheduler.GetSnapshot().GetAwaiter().GetResult();
            own = snapshot.Leases.Single().Silo;
            Assert.Equal(
                snapshot.Slots.Keys.Where(silo => silo != own).Order(StringComparer.Ordinal),
                snapshot.Lent.Select(lease => lease.Silo).Order(StringComparer.Ordinal)
            );
            Train(job, token);
        };
        await world.Job("j1").Submit(TestWorld.Request());
        await AssertSucceedsAsync(world, "j1");
        AssertStepsAreRight();
        Assert.Equal((Steps, 3, 0, 0, 0), (_figures.Steps, _figures.Slots, _figures.TermsRepeated, _figures.WorkersDropped, _figures.AnswersDropped));
        Assert.Equal(Steps * 4 * FakeTerms.Bytes, _figures.BytesReceived);

        await world.WhenIdleAsync();
        var after = await world.Scheduler.GetSnapshot();
        Assert.Empty(after.Lent);
        Assert.Empty(after.Leases);
        Assert.Empty(world.Terms.GetValueOrDefault(own)?.Events ?? []);
        foreach (var engine in world.Terms.Where(silo => silo.Key != own).Select(silo => silo.Value))
        {
            Assert.Equal(["open j1/1", "close j1/1"], [engine.Events.First(), engine.Events.Last()]);
            Assert.Equal("in bfloat16", Assert.Single(engine.Told));
            Assert.Equal((Steps * 2) + 2, engine.Events.Count);
            var thread = Assert.Single(engine.Threads.Keys);
            Assert.True(await Task.Run(() => thread.Join(TestWorld.Limit)));
        }
    }

    [Fact]
    public async Task Job_ASiloIsKilledInAStep_GivesTheSameValues()
    {
        await using var world = new TestWorld();
        await StartAsync(world, 3);
        var recruited = new TaskCompletionSource<SchedulerSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = new Gate();
        world.Engine.FanOuts["j1"] = (job, token) =>
        {
            job.BorrowedSlots.Recruit(2, TestWorld.Limit, token);
            recruited.SetResult(world.Scheduler.GetSnapshot().GetAwaiter().GetResult());
            start.PassAsync().Wait(token);
            Train(job, token);
        };
        await world.Job("j1").Submit(TestWorld.Request());
        var lent = (await recruited.Task.WaitAsync(TestWorld.Limit)).Lent;
        Assert.Equal(2, lent.Length);
        // Not a silo on which the job or the scheduler lives: they would move, and the job begin again.
        var victim = await WithoutGrainsAsync(world, lent.Select(lease => lease.Silo));
        var stuck = world.Terms[victim].GateAt(1, victim == lent[0].Silo ? 1 : 2);
        start.Open();
        await stuck.Reached;
        await world.Cluster.KillSiloAsync(world.Cluster.Silos.Single(silo => silo.SiloAddress.ToParsableString() == victim));
        Assert.Equal(1, (await AssertSucceedsAsync(world, "j1")).Epoch);
        AssertStepsAreRight();
        Assert.Equal((Steps, 2, 1), (_figures.Steps, _figures.TermsRepeated, _figures.WorkersDropped));
    }

    [Fact]
    public async Task Job_AnotherJobComes_TakesTheLentSlotAndBothEnd()
    {
        await using var world = new TestWorld();
        await StartAsync(world, 2);
        var lent = new TaskCompletionSource<SlotLease>(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = new Gate();
        world.Engine.FanOuts["j1"] = (job, token) =>
        {
            job.BorrowedSlots.Recruit(1, TestWorld.Limit, token);
            lent.SetResult(world.Scheduler.GetSnapshot().GetAwaiter().GetResult().Lent.Single());
            start.PassAsync().Wait(token);
            Train(job, token);
        };
        await world.Job("j1").Submit(TestWorld.Request());
        var lease = await lent.Task.WaitAsync(TestWorld.Limit);
        var terms = world.Terms[lease.Silo];
        terms.Deaf = true;
        var stuck = terms.GateAt(1, 3);
        var other = world.Engine.GateAt("j2", 1, "step 1");
        start.Open();
        await stuck.Reached;
        await world.Job("j2").Submit(TestWorld.Request());
        // Step 1 ends without the slot, whose engine is still within a term; so the other job has not begun on it.
        await AssertSucceedsAsync(world, "j1");
        AssertStepsAreRight();
        Assert.Equal((2, 3, 1), (_figures.Steps, _figures.TermsRepeated, _figures.WorkersDropped));
        Assert.DoesNotContain(("j2", 1L), world.Engine.Jobs.Keys);
        Assert.Equal(lease.Silo, (await world.Scheduler.GetSnapshot()).Leases.Single(running => running.JobId == "j2").Silo);
        stuck.Open();
        await other.Reached;
        Assert.Equal(["open j1/1", "0.1", "0.3", "0.5", "1.1", "1.3", "close j1/1"], terms.Events);
        other.Open();
        await AssertSucceedsAsync(world, "j2");
    }

    [Fact]
    public async Task Job_OfAnOldEpoch_GetsNoSlots()
    {
        await using var world = new TestWorld();
        await StartAsync(world, 3);
        var (old, present) = (new TaskCompletionSource<int>(), new Gate());
        var go = new Gate();
        world.Engine.Deaf[("j1", 1)] = true;
        world.Engine.FanOuts["j1"] = (job, token) =>
        {
            if (job.Epoch > 1)
            {
                present.PassAsync().Wait(token);
                return;
            }

            go.PassAsync().Wait(CancellationToken.None);
            old.SetResult(job.BorrowedSlots.Recruit(1, TestWorld.Limit, CancellationToken.None));
        };
        await world.Job("j1").Submit(TestWorld.Request());
        await go.Reached;
        await world.Scheduler.SiloLost((await world.Scheduler.GetSnapshot()).Leases.Single().Silo);
        await present.Reached;
        Assert.Equal(1, (await world.Scheduler.GetSnapshot()).Slots.Count - (await world.Scheduler.GetSnapshot()).Leases.Length);
        go.Open();
        Assert.Equal(0, await old.Task.WaitAsync(TestWorld.Limit));
        Assert.Empty((await world.Scheduler.GetSnapshot()).Lent);
        present.Open();
        await AssertSucceedsAsync(world, "j1");
    }

    [Fact]
    public async Task Worker_NotOpenOrElsewhere_IsUnavailable()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var grain = world.Cluster.Client.GetGrain<ICombinationGrain>("j/1/0");
        var lease = new SlotLease("S127.0.0.1:1:1", 0, "j", 1, DateTimeOffset.UnixEpoch);
        var work = new StepWork("j", 1, 0, [0], s_payload);
        foreach (
            var call in (Func<Task>[])
                [() => grain.Evaluate(work), () => grain.Echo(new EchoBytes(s_payload), 1), () => grain.Open(lease, TestWorld.Request(), "")]
        )
        {
            Assert.Equal(ErrorCodes.Unavailable, (await Assert.ThrowsAsync<OneShotException>(call)).Detail.Code);
        }
        await grain.Close();
        Assert.Empty(world.Terms);
        // Silos of other versions call it so.
        Assert.Equal("combination", grain.GetGrainId().Type.ToString());
    }

    [Fact]
    public async Task Worker_OpenedTwiceAndClosed_OpensOnceAndStaysClosed()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var silo = world.Cluster.Silos[0].SiloAddress.ToParsableString();
        var grain = world.Cluster.Client.GetGrain<ICombinationGrain>("j/1/0");
        var lease = new SlotLease(silo, 0, "j", 1, DateTimeOffset.UnixEpoch);
        await grain.Open(lease, TestWorld.Request(), "");
        await grain.Open(lease, TestWorld.Request(), "");
        Assert.Equal(5, (await grain.Echo(new EchoBytes(s_payload), 5)).Bytes.Length);
        foreach (var bytes in (int[])[-1, FanOutLimits.PayloadBytes + 1])
        {
            Assert.Equal(ErrorCodes.Limit, (await Assert.ThrowsAsync<OneShotException>(() => grain.Echo(new EchoBytes(s_payload), bytes))).Detail.Code);
        }
        // While a term is evaluated, a close gets through.
        var gate = world.Terms[silo].GateAt(0, 0);
        var call = grain.Evaluate(new StepWork("j", 1, 0, [0, 1], s_payload));
        await gate.Reached;
        await grain.Close();
        Assert.Equal(ErrorCodes.Unavailable, (await Assert.ThrowsAsync<OneShotException>(() => call.WaitAsync(TestWorld.Limit))).Detail.Code);
        await world.WhenIdleAsync();
        Assert.Equal(["open j/1", "0.0", "close j/1"], world.Terms[silo].Events);
    }

    [Fact]
    public async Task Worker_ALaterLeaseOfTheSlot_EndsTheEarlierAndNotTheOtherWayRound()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var silo = world.Cluster.Silos[0].SiloAddress.ToParsableString();
        var lease = new SlotLease(silo, 0, "j", 1, DateTimeOffset.UnixEpoch.AddSeconds(2));
        var (grain, later) = (world.Cluster.Client.GetGrain<ICombinationGrain>("j/1/0"), world.Cluster.Client.GetGrain<ICombinationGrain>("k/1/0"));
        await grain.Open(lease, TestWorld.Request(), "");
        var stale = world.Cluster.Client.GetGrain<ICombinationGrain>("i/1/0");
        var error = await Assert.ThrowsAsync<OneShotException>(() =>
            stale.Open(lease with { JobId = "i", Expires = DateTimeOffset.UnixEpoch }, TestWorld.Request(), "")
        );
        Assert.Equal(ErrorCodes.Unavailable, error.Detail.Code);
        await later.Open(lease with { JobId = "k", Expires = DateTimeOffset.UnixEpoch.AddSeconds(3) }, TestWorld.Request(), "");
        Assert.Equal(["open j/1", "close j/1", "open k/1"], world.Terms[silo].Events);
        await Assert.ThrowsAsync<OneShotException>(() => grain.Evaluate(new StepWork("j", 1, 0, [0], s_payload)));
        Assert.Single(await later.Evaluate(new StepWork("k", 1, 0, [0], s_payload)));
        // The silo's end closes it.
        await world.StopAsync();
        Assert.Equal("close k/1", world.Terms[silo].Events.Last());
    }

    private static async Task StartAsync(TestWorld world, short silos)
    {
        // A busy machine must not make anybody late.
        await world.StartAsync(silos: silos, configure: (_, options) => options.FanOutMinDeadline = options.FanOutFirstDeadline = TestWorld.Limit);
        await world.WhenAnnouncedAsync(silos);
    }

    private static async Task<string> WithoutGrainsAsync(TestWorld world, IEnumerable<string> silos)
    {
        var management = world.Cluster.Client.GetGrain<IManagementGrain>(0);
        var needed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var grain in (IAddressable[])[world.Scheduler, world.Job("j1"), world.Catalog])
        {
            needed.Add((await management.GetActivationAddress(grain))!.ToParsableString());
        }
        // Otherwise any will do: grains move, and calls are tried again.
        return silos.FirstOrDefault(silo => !needed.Contains(silo)) ?? silos.First();
    }

    private static async Task<ProgressEvent> AssertSucceedsAsync(TestWorld world, string job)
    {
        var end = (await world.WatchAsync(job))[^1];
        // A failed assertion within the engine is the job's error.
        Assert.True(end.Stage == JobState.Succeeded, end.Message);
        return end;
    }

    private void Train(EngineJob job, CancellationToken cancellationToken)
    {
        for (var step = 0; step < Steps; step++)
        {
            var now = step;
            _steps[step] = FakeTerms.Texts(
                job.BorrowedSlots.Evaluate(step, Terms, s_payload, term => FakeTerms.Value(now, term, s_payload), cancellationToken)
            );
        }

        _figures = job.BorrowedSlots.Figures;
    }

    private void AssertStepsAreRight()
    {
        Assert.Equal(Steps, _steps.Count);
        for (var step = 0; step < Steps; step++)
        {
            Assert.Equal(FakeTerms.Step(step, Terms, s_payload), _steps[step]);
        }
    }
}
