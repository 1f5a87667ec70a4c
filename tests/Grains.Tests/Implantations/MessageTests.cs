using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Grains.Training;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>Messages that come twice, late, in another order, or for somebody else.</summary>
public sealed class MessageTests
{
    [Fact]
    public async Task Report_Repeated_IsLoggedOnce()
    {
        await using var world = new TestWorld();
        await StandAsync(world);
        ImmutableArray<ProgressUpdate> updates = [Update(1), Update(2)];
        await world.Trained("j1").Report(1, updates);
        await world.Trained("j1").Report(1, updates);
        await world.Trained("j1").Report(1, [updates[0]]);
        await world.Trained("j1").Report(1, default);
        var log = (await world.Files.ReadAllBytesAsync(StorePaths.Progress("j1", 1)))!;
        Assert.Equal([1, 2], Lines(log).Where(line => line.Stage == JobState.Training).Select(line => line.Step));
        Assert.Equal(2, (await world.StatusAsync("j1")).Step);
    }

    [Fact]
    public async Task Report_OfAnEarlierStage_DoesNotTakeTheJobBack()
    {
        await using var world = new TestWorld();
        await StandAsync(world);
        await world.Trained("j1").Report(1, [Update(1) with { Stage = JobState.Sampling }]);
        await world.Trained("j1").Report(1, [Update(2)]);
        Assert.Equal(JobState.Sampling, (await world.StatusAsync("j1")).State);
        // How it ends is the job's own business.
        await world.Trained("j1").Report(1, [Update(3) with { Stage = JobState.Succeeded }]);
        Assert.Equal(JobState.Sampling, (await world.StatusAsync("j1")).State);
    }

    [Theory]
    [InlineData("preview of another step")]
    [InlineData("preview elsewhere")]
    [InlineData("step below 0")]
    [InlineData("steps below 0")]
    [InlineData("no stage")]
    [InlineData("metrics without a preview")]
    [InlineData("metrics of a foreign object")]
    [InlineData("metrics of no object")]
    [InlineData("nothing")]
    public async Task Report_WhatNoTrainerSays_IsRefusedAndNotLogged(string what)
    {
        await using var world = new TestWorld();
        await StandAsync(world);
        var bad = what switch
        {
            "preview of another step" => Update(1) with { Preview = StorePaths.Preview("j1", 1, 2) },
            "preview elsewhere" => Update(1) with { Preview = "../../../etc/passwd" },
            "step below 0" => Update(-1),
            "steps below 0" => Update(1) with { Steps = -1 },
            "metrics without a preview" => Update(1) with { Metrics = new JobMetrics { Ia = 0.5 } },
            "metrics of a foreign object" => Measured(new ObjectMetrics { Token = "<dog>", Class = "dog" }),
            "metrics of no object" => Measured(null!),
            "no stage" => Update(1) with { Stage = (JobState)99 },
            _ => null!,
        };
        var error = await Assert.ThrowsAsync<OneShotException>(() => world.Trained("j1").Report(1, [Update(1) with { Message = "good" }, bad]));
        Assert.Equal(ErrorCodes.InvalidInput, error.Detail.Code);
        await world.Trained("j1").Report(1, [Update(2) with { Preview = StorePaths.Preview("j1", 1, 2), Message = new string('m', 5000) }]);
        var lines = Lines((await world.Files.ReadAllBytesAsync(StorePaths.Progress("j1", 1)))!).Where(line => line.Stage == JobState.Training).ToList();
        Assert.Equal(2, Assert.Single(lines).Step);
        Assert.InRange(lines[0].Message!.Length, 1000, 2100);
    }

    [Fact]
    public async Task Start_Twice_IsOneEpoch()
    {
        await using var world = new TestWorld();
        await StandAsync(world);
        var lease = Assert.Single((await world.Scheduler.GetSnapshot()).Leases);
        Assert.Equal(lease.Epoch, (await world.Scheduled("j1").Start(lease with { Epoch = 0 }))!.Epoch);
        // Of another slot, late: the job works already, and says where.
        var held = await world.Scheduled("j1").Start(lease with { Epoch = 0, Slot = 7 });
        Assert.Equal((lease.Silo, lease.Slot, lease.Epoch), (held!.Silo, held.Slot, held.Epoch));
        Assert.Equal(1, (await world.StatusAsync("j1")).Epoch);
        Assert.Single(world.Engine.Jobs);
    }

    [Theory]
    [InlineData("j2", 0, null)]
    [InlineData("j1", -1, null)]
    [InlineData("j1", 0, "nowhere")]
    [InlineData("j1", 0, "")]
    [InlineData("j1", 0, "S:::@")]
    public async Task Start_LeaseThatIsNone_IsRefusedAndTheJobGoesOn(string job, int slot, string? silo)
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await world.Job("j1").Submit(TestWorld.Request());
        var lease = new SlotLease(silo ?? world.Cluster.Silos[0].SiloAddress.ToParsableString(), slot, job, 0, DateTimeOffset.UtcNow.AddHours(1));
        Assert.Equal(ErrorCodes.InvalidInput, (await Assert.ThrowsAsync<OneShotException>(() => world.Scheduled("j1").Start(lease))).Detail.Code);
        Assert.Equal(
            ErrorCodes.InvalidInput,
            (await Assert.ThrowsAsync<OneShotException>(() => world.Scheduled("j1").LoseSlot(lease, "silo_lost"))).Detail.Code
        );
        Assert.Equal((JobState.Queued, 0L), ((await world.StatusAsync("j1")).State, (await world.StatusAsync("j1")).Epoch));
        Assert.Equal(JobState.Cancelled, (await world.Job("j1").Cancel()).State);
    }

    [Fact]
    public async Task Trainer_LateStartOfAnOlderEpoch_LeavesTheNewerOneAlone()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        world.Engine.GateAt("j1", 1, "step 1");
        await world.Job("j1").Submit(TestWorld.Request());
        await world.Engine.GateAt("j1", 1, "step 1").Reached;
        var old = Assert.Single((await world.Scheduler.GetSnapshot()).Leases);
        var present = world.Engine.GateAt("j1", 2, "step 3");
        var slots = (await world.Scheduler.GetSnapshot()).Slots[old.Silo];
        await world.Scheduler.SiloLost(old.Silo);
        await world.Scheduler.Announce(old.Silo, slots);
        await present.Reached;
        await world.Engine.EndOf("j1", 1);
        var host = world.Cluster.Silos[0].ServiceProvider.GetRequiredService<TrainingHost>();
        Assert.Equal(
            ErrorCodes.Unavailable,
            Assert
                .Throws<OneShotException>(() =>
                {
                    _ = host.Start(old, new RunOrder(TestWorld.Request()));
                })
                .Detail.Code
        );
        host.Stop("j1", 1);
        present.Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(2, (await world.StatusAsync("j1")).Epoch);
    }

    [Fact]
    public async Task Trainer_LeaseOrCheckpointOfAnother_IsRefused()
    {
        await using var world = new TestWorld();
        var lease = await StandAsync(world);
        var (grains, resume) = (world.Cluster.Client, ResumePoint.Beginning);
        var foreign = new CheckpointReference(0, 1, StorePaths.Checkpoint("j2", 0, 1), 1, new string('a', 64));
        foreach (
            var call in new Func<Task>[]
            {
                () => grains.GetGrain<ITrainingGrain>("j1/5").Start(lease, TestWorld.Request(), resume),
                () => grains.GetGrain<ITrainingGrain>("j2/1").Start(lease, TestWorld.Request(), resume),
                () => grains.GetGrain<ITrainingGrain>("j1/1").Start(lease, TestWorld.Request(), new ResumePoint(foreign, null, null)),
                () => grains.GetGrain<ITrainingGrain>("j1/1").Start(lease, TestWorld.Request(), new ResumePoint(null, foreign, null)),
                () => grains.GetGrain<ICombinationGrain>("j2/1/0").Open(lease, TestWorld.Request(), ""),
                () => grains.GetGrain<ICombinationGrain>("j1/2/0").Open(lease, TestWorld.Request(), ""),
                () =>
                    grains
                        .GetGrain<IJobCatalogGrain>(0)
                        .Put(
                            new JobSummary
                            {
                                Id = "../j1",
                                State = JobState.Queued,
                                Created = default,
                                Owner = "",
                                Name = "",
                            }
                        ),
            }
        )
        {
            Assert.Equal(ErrorCodes.InvalidInput, (await Assert.ThrowsAsync<OneShotException>(call)).Detail.Code);
        }

        Assert.Equal(
            ErrorCodes.Limit,
            (
                await Assert.ThrowsAsync<OneShotException>(() =>
                    grains.GetGrain<ICombinationGrain>("j1/1/0").Open(lease, TestWorld.Request(), new string('x', 5000))
                )
            )
                .Detail
                .Code
        );
        // A stop that names another epoch than its own stops neither.
        await grains.GetGrain<ITrainingGrain>("j1/9").Stop(1);
        world.Engine.GateAt("j1", 1, "prepare").Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Single(world.Engine.Jobs);
    }

    [Fact]
    public async Task List_AJobThatCanNotBeAsked_ShowsItAsStoredAndAllOthers()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 2);
        Gate[] gates = [world.Engine.GateAt("j1", 1, "step 3"), world.Engine.GateAt("j2", 1, "step 3")];
        await world.Job("j1").Submit(TestWorld.Request());
        await world.Job("j2").Submit(TestWorld.Request());
        foreach (var gate in gates)
        {
            await gate.Reached;
        }
        await world.WatchUntilAsync("j2", e => e.Stage == JobState.Training && e.Step == 2);
        await world.Cluster.DeactivateAsync(world.Job("j1"));
        world.Store.BeforeOpenRead = path =>
            path.StartsWith("jobs/j1/", StringComparison.Ordinal) ? throw new IOException("The disk is broken.") : Task.CompletedTask;

        var jobs = (await world.Catalog.List(new JobQuery())).Jobs.ToDictionary(job => job.Id);

        Assert.Equal((JobState.Training, JobState.Training), (jobs["j1"].State, jobs["j2"].State));
        Assert.Equal((2, 5), (jobs["j2"].Step, jobs["j2"].Steps));
        world.Store.BeforeOpenRead = null;
        foreach (var gate in gates)
        {
            gate.Open();
        }
        foreach (var id in new[] { "j1", "j2" })
        {
            Assert.Equal(JobState.Succeeded, (await world.EndOfAsync(id)).State);
        }
    }

    private static async Task<SlotLease> StandAsync(TestWorld world)
    {
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "prepare");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        await world.WatchUntilAsync("j1", e => e.Epoch == 1 && e.Message == "loads");
        return Assert.Single((await world.Scheduler.GetSnapshot()).Leases);
    }

    private static ProgressUpdate Update(int step) =>
        new()
        {
            Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Stage = JobState.Training,
            Step = step,
            Steps = 5,
        };

    private static ProgressUpdate Measured(ObjectMetrics item) =>
        Update(1) with
        {
            Preview = StorePaths.Preview("j1", 1, 1),
            Metrics = new JobMetrics { Objects = [item] },
        };

    private static List<ProgressEvent> Lines(byte[] log) =>
        [.. System.Text.Encoding.UTF8.GetString(log).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => ProgressJson.FromLine(line)!)];
}
