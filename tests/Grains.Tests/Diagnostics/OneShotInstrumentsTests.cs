using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Contracts;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests.Diagnostics;

public sealed class OneShotInstrumentsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch);
    private readonly MeasuredValues _values;
    private readonly OneShotInstruments _instruments;

    public OneShotInstrumentsTests()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _values = new MeasuredValues(factory);
        _instruments = new OneShotInstruments(
            factory,
            Options.Create(
                new OneShotGrainsOptions
                {
                    Clock = _clock,
                    MetricModels = ["m"],
                    Slots = [new SlotAnnouncement(0, "cuda:0", 10), new SlotAnnouncement(1, "cuda:0", 20), new SlotAnnouncement(2, "cpu", 5)],
                }
            )
        );
    }

    [Fact]
    public void Instruments_OfTheMeter_AreTheTables()
    {
        using var scheduler = _instruments.BeginScheduler();
        using var drain = _instruments.BeginDrain();
        Assert.Equal(MetricTable.All.Select(row => row.Name).Order(StringComparer.Ordinal), _values.Published.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Values_AfterAJob_StandUnderTheLabelsOfTheTable()
    {
        _values.Clear();
        _instruments.OnStage(null, JobState.Training);
        var step = new ProgressUpdate
        {
            Time = DateTimeOffset.UnixEpoch,
            Stage = JobState.Training,
            Losses = new TermLosses(1, 2, 3),
            StepSeconds = 0.5,
        };
        _instruments.OnStep("m", step);
        _instruments.OnTrained("m", step);
        _instruments.OnNonFiniteStep("m");
        _instruments.OnModelLoaded("m", TimeSpan.FromSeconds(7));
        _instruments.OnCheckpoint(TimeSpan.FromSeconds(4));
        _instruments.OnCheckpointFailed();
        _instruments.OnLeased(TimeSpan.FromSeconds(5));
        _instruments.OnResumed("restart", 6);
        _instruments.OnLeaseLost("silo_lost");
        _instruments.OnArtifact("write", "files", "ok", TimeSpan.FromSeconds(8));
        _instruments.OnArtifactBytes("write", "files", 9);
        _instruments.OnEnded(
            JobKind.Implantation,
            JobState.Succeeded,
            "m",
            null,
            60,
            new JobMetrics
            {
                PrototypeSimilarity = 0.9,
                Ia = 0.7,
                Ta = 0.2,
            }
        );
        _instruments.OnFanOutStep(TimeSpan.FromSeconds(11));
        _instruments.OnMemory("cuda:1", 12);
        _instruments.OnWebhook("delivered");
        _instruments.OnDatasetItem("failed");
        using var busy = _instruments.OnSlotBusy(1);
        _clock.Advance(TimeSpan.FromSeconds(13));

        Assert.Equal(
            [
                "oneshot.artifact [By] operation=write outcome=ok store=files: 9",
                "oneshot.artifact.operation.duration [s] operation=write outcome=ok store=files: 8",
                $"oneshot.build.info [] contract={ContractVersion.Current} version=0.1.0: 1",
                "oneshot.checkpoint.duration [s]: 4",
                "oneshot.checkpoint.failures [{failure}]: 1",
                "oneshot.dataset.items [{item}] outcome=failed: 1",
                "oneshot.device.memory.limit [By] device=cpu: 5",
                "oneshot.device.memory.limit [By] device=cuda:0: 30",
                "oneshot.device.memory.usage [By] device=cuda:1: 12",
                "oneshot.fanout.reduce.duration [s]: 11",
                "oneshot.final_loss [] model=m term=class: 3",
                "oneshot.final_loss [] model=m term=global: 1",
                "oneshot.final_loss [] model=m term=object: 2",
                "oneshot.image_alignment [] model=m: 0.7",
                "oneshot.implantation.duration [s] error_type=none model=m outcome=succeeded: 60",
                "oneshot.implantations [{implantation}] error_type=none model=m outcome=succeeded: 1",
                "oneshot.implantations.active [{implantation}] state=training: 1",
                "oneshot.leases_lost [{lease}] reason=silo_lost: 1",
                "oneshot.model.load.duration [s] model=m: 7",
                "oneshot.nonfinite_steps [{step}] model=m: 1",
                "oneshot.prototype_similarity [] model=m: 0.9",
                "oneshot.queue.wait.duration [s]: 5",
                "oneshot.resumes [{resume}] reason=restart: 1",
                "oneshot.slot.busy [s] device=cpu: 0",
                "oneshot.slot.busy [s] device=cuda:0: 13",
                "oneshot.step.duration [s] model=m phase=training: 0.5",
                "oneshot.steps [{step}] model=m phase=training: 1",
                "oneshot.steps_repeated [{step}] reason=restart: 6",
                "oneshot.text_alignment [] model=m: 0.2",
                "oneshot.webhook.deliveries [{delivery}] outcome=delivered: 1",
            ],
            _values.Read()
        );
    }

    [Fact]
    public void Labels_OfWhatUsersName_AreOfFewValues()
    {
        _values.Clear();
        _instruments.OnEnded(JobKind.Generation, JobState.Failed, "/home/anna/secret", new ErrorDetail("odd-4711", "x"), null, null);
        _instruments.OnEnded(JobKind.Implantation, JobState.Failed, "cat--7", new ErrorDetail(ErrorCodes.Failed, "x"), 1, null);
        _instruments.OnResumed("because", 0);
        _instruments.OnTrained(
            "x",
            new ProgressUpdate
            {
                Time = DateTimeOffset.UnixEpoch,
                Stage = JobState.Training,
                Terms = [new TermLoss("<cat>", 1)],
            }
        );

        Assert.Equal(
            [
                "oneshot.final_loss [] model=other term=other: 1",
                "oneshot.generations [{generation}] error_type=other model=other outcome=failed: 1",
                "oneshot.implantation.duration [s] error_type=failed model=other outcome=failed: 1",
                "oneshot.implantations [{implantation}] error_type=failed model=other outcome=failed: 1",
                "oneshot.resumes [{resume}] reason=other: 1",
                "oneshot.steps_repeated [{step}] reason=other: 0",
            ],
            _values.Read(observed: false)
        );
    }

    [Fact]
    public void Busy_OfWorkThatOverlapsAndEnds_AddsUp()
    {
        var first = _instruments.OnSlotBusy(0);
        _clock.Advance(TimeSpan.FromSeconds(10));
        var second = _instruments.OnSlotBusy(1);
        _clock.Advance(TimeSpan.FromSeconds(5));
        first.Dispose();
        first.Dispose();
        _clock.Advance(TimeSpan.FromSeconds(1));
        second.Dispose();
        _clock.Advance(TimeSpan.FromSeconds(100));
        Assert.Contains("oneshot.slot.busy [s] device=cuda:0: 21", _values.Read());
    }

    [Fact]
    public void Scheduler_ThatMoved_TakesItsGaugesWithIt()
    {
        var figures = new SchedulerFigures
        {
            Queued = 7,
            NoneFits = 1,
            OnlyWithheld = 2,
            Startable = 3,
            Free = 4,
            Leased = 5,
            Lent = 6,
            Withheld = 8,
        };
        var scheduler = _instruments.BeginScheduler();
        Assert.DoesNotContain(_values.Read(), IsSchedulers);
        scheduler.Set(figures with { Oldest = DateTimeOffset.FromUnixTimeSeconds(9) });
        Assert.Equal(
            [
                "oneshot.queue.depth [{implantation}]: 7",
                "oneshot.queue.oldest.timestamp [s]: 9",
                "oneshot.queue.startable [{implantation}]: 3",
                "oneshot.queue.unfit [{implantation}] reason=no_slots: 0",
                "oneshot.queue.unfit [{implantation}] reason=none_fits: 1",
                "oneshot.queue.unfit [{implantation}] reason=withheld: 2",
                "oneshot.slots [{slot}] state=free: 4",
                "oneshot.slots [{slot}] state=leased: 5",
                "oneshot.slots [{slot}] state=lent: 6",
                "oneshot.slots [{slot}] state=withheld: 8",
                "oneshot.slots.wanted [{slot}]: 11",
            ],
            _values.Read().Where(IsSchedulers)
        );
        // An empty queue has an age of 0, and not the last one's.
        _clock.Advance(TimeSpan.FromSeconds(1000));
        scheduler.Set(figures with { Queued = 0, NoneFits = 0 });
        Assert.Contains("oneshot.queue.oldest.timestamp [s]: 1000", _values.Read());

        scheduler.Dispose();

        Assert.DoesNotContain(_values.Read(), IsSchedulers);
        using var again = _instruments.BeginScheduler();
        again.Set(figures);
        Assert.Contains("oneshot.queue.depth [{implantation}]: 7", _values.Read());

        static bool IsSchedulers(string value) =>
            value.StartsWith("oneshot.queue", StringComparison.Ordinal) || value.StartsWith("oneshot.slots", StringComparison.Ordinal);
    }

    [Fact]
    public void Drain_ThatHasEnded_IsCountedAndNoMoreUnderWay()
    {
        _clock.Advance(TimeSpan.FromSeconds(50));
        var drain = _instruments.BeginDrain();
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Contains("oneshot.drain.started.timestamp [s]: 50", _values.Read());
        drain.Dispose();
        drain.Dispose();
        var after = _values.Read();
        Assert.Contains("oneshot.drain.duration [s]: 3", after);
        Assert.DoesNotContain(after, value => value.StartsWith("oneshot.drain.started", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _values.Dispose();
        _services.Dispose();
    }
}
