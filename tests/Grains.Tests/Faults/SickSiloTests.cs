using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Grains.Training;

namespace OrleansOneShot.Grains.Tests.Faults;

/// <summary>Silos whose machines fail jobs: the jobs go on elsewhere, and the silos take no more until they pass their self-test.</summary>
public sealed class SickSiloTests
{
    private const string Full = "No space left on device : '/srv/oneshot/checkpoint.safetensors'";

    // Silos whose machines fail jobs, and those of them whose self-test finds out.
    private readonly ConcurrentDictionary<string, bool> _sick = new(StringComparer.Ordinal);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Queue_OneOfTwoSilosIsSick_AllJobsSucceedOnTheOther(bool seen)
    {
        await using var world = new TestWorld();
        await StartAsync(world, silos: 2);
        await world.WhenAnnouncedAsync(2);
        _sick[world.Cluster.Silos[1].Name] = seen;
        var failing = new TaskCompletionSource();
        world.Engine.Fault = (job, point) => FailAt("step 1", new IOException(Full, 28), job, point, failing);
        var jobs = Enumerable.Range(0, 8).Select(i => $"j{i}").ToList();
        foreach (var job in jobs)
        {
            await world.Job(job).Submit(TestWorld.Request());
        }

        foreach (var job in jobs)
        {
            Assert.Equal(JobState.Succeeded, (await world.EndOfAsync(job)).State);
        }
        var failed = world.Engine.Jobs.Values.Where(IsSick).ToList();
        Assert.NotEmpty(failed);
        Assert.Equal(failed.Count, failed.Select(job => job.JobId).Distinct().Count());
        if (!seen)
        {
            return;
        }
        // It passes no self-test, so it got one job and no more.
        Assert.Single(failed);
        var (silo, why) = Assert.Single((await world.Scheduler.GetSnapshot()).Withheld);
        Assert.Contains("fails its self-test: ", why, StringComparison.Ordinal);

        // Mended: it comes back by itself.
        _sick.Clear();
        using var limit = new CancellationTokenSource(TestWorld.Limit);
        while (!(await world.Scheduler.GetSnapshot()).Withheld.IsEmpty)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
        Assert.Contains(silo, (await world.Scheduler.GetSnapshot()).Slots.Keys);
    }

    [Fact]
    public async Task Run_MachineFailsAfterACheckpoint_GoesOnElsewhereFromThere()
    {
        await using var world = new TestWorld();
        await StartAsync(world, silos: 2);
        var first = "";
        world.Engine.Fault = (job, point) =>
        {
            if (point != "step 4" || job.Epoch > 1)
            {
                return null;
            }
            _sick[first = SiloOf(job)] = true;
            return new OutOfMemoryException();
        };
        await world.Job("j1").Submit(TestWorld.Request());
        var events = await world.WatchAsync("j1");
        var status = await world.StatusAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        Assert.Equal(2, world.Engine.Jobs[("j1", 2)].Resume!.Step);
        Assert.NotEqual(first, SiloOf(world.Engine.Jobs[("j1", 2)]));
        Assert.Contains(
            events,
            e =>
                e.Message?.StartsWith("Given back by ", StringComparison.Ordinal) == true
                && e.Message.EndsWith(": The machine has too little memory for this job.", StringComparison.Ordinal)
        );
        _sick.Clear();
        Assert.Equal(await world.ReferenceHashAsync(TestWorld.Request()), status.Files[0].Sha256);
    }

    [Fact]
    public async Task Run_TwoSilosFailTheSameJob_FailsAndNamesBoth()
    {
        await using var world = new TestWorld();
        await StartAsync(world, silos: 3);
        world.Engine.Fault = (job, point) => job.JobId == "large" && point == "step 1" ? new OutOfMemoryException() : null;
        await world.Job("large").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("large");
        Assert.Equal((JobState.Failed, 2L), (status.State, status.Epoch));
        Assert.Equal((ErrorCodes.Limit, "Use a smaller resolution, bf16, or a machine with more memory."), (status.Error!.Code, status.Error.Hint));
        Assert.Matches(
            @"^The machines of 2 silos failed this job 2 times without a new checkpoint: epoch 1 on \S+ stopped at step 0 \(The machine has too little memory for this job\); "
                + @"epoch 2 on \S+ stopped at step 0 \(The machine has too little memory for this job\)\.$",
            status.Error.Message
        );
        Assert.NotEqual(SiloOf(world.Engine.Jobs[("large", 1)]), SiloOf(world.Engine.Jobs[("large", 2)]));
        // Nobody else suffers from it for long.
        await world.Job("other").Submit(TestWorld.Request());
        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("other")).State);
    }

    [Fact]
    public async Task Run_TheOnlySiloFailsItAgainAndAgain_FailsAfterAFewTimes()
    {
        await using var world = new TestWorld();
        await StartAsync(world, silos: 1);
        world.Engine.Fault = (job, point) => point == "step 1" ? new IOException(Full, 28) : null;
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Failed, 3L), (status.State, status.Epoch));
        Assert.StartsWith(
            "The machines of 1 silo failed this job 3 times without a new checkpoint: epoch 1 on ",
            status.Error!.Message,
            StringComparison.Ordinal
        );
        Assert.Contains($"({Full})", status.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ACheckpointBetweenTwoFaults_CountsThemAnew()
    {
        await using var world = new TestWorld();
        await StartAsync(world, silos: 1, options => options.MaxMachineFaults = 2);
        // Before each checkpoint once.
        world.Engine.Fault = (job, point) => (job.Epoch, point) is (1, "step 2") or (2, "step 4") or (3, "step 6") ? new IOException(Full, 28) : null;
        await world.Job("j1").Submit(TestWorld.Request(steps: 7));
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 4L), (status.State, status.Epoch));
    }

    [Fact]
    public async Task Run_ASiloThatIsAllThereIs_FailsAtOnceAndTakesTheNextJob()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        world.Engine.Fault = (job, point) =>
            job.JobId == "j1" && point == "step 1" ? new UnauthorizedAccessException("Access to the path '/work' is denied.") : null;
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Failed, 1L), (status.State, status.Epoch));
        Assert.Equal(new ErrorDetail(ErrorCodes.Failed, "Access to the path '/work' is denied.", null, "Nothing was published."), status.Error);
        Assert.Empty((await world.Scheduler.GetSnapshot()).Withheld);
        await world.Job("j2").Submit(TestWorld.Request());
        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j2")).State);
    }

    [Fact]
    public async Task Run_ARequestsError_FailsAtOnceAndKeepsNobodyBack()
    {
        await using var world = new TestWorld();
        await StartAsync(world, silos: 2);
        world.Engine.Fault = (job, point) => point == "step 1" ? new InvalidOperationException("a defect") : null;
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Failed, 1L, "The engine failed: a defect"), (status.State, status.Epoch, status.Error!.Message));
        Assert.Empty((await world.Scheduler.GetSnapshot()).Withheld);
    }

    [Fact]
    public async Task Run_ASiloLacksTheModel_GoesToAnotherAndKeepsNobodyBack()
    {
        await using var world = new TestWorld();
        await StartAsync(world, silos: 2);
        await world.WhenAnnouncedAsync(2);
        _sick[world.Cluster.Silos[1].Name] = true;
        var failing = new TaskCompletionSource();
        var lacks = new OneShotException(
            new ErrorDetail(ErrorCodes.NotFound, "no model"),
            new SiloLacksException(new ErrorDetail(ErrorCodes.NotFound, "no model"))
        );
        world.Engine.Fault = (job, point) => FailAt("prepare", lacks, job, point, failing);
        for (var i = 0; i < 4; i++)
        {
            await world.Job($"j{i}").Submit(TestWorld.Request());
        }
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(JobState.Succeeded, (await world.EndOfAsync($"j{i}")).State);
        }
        Assert.Contains(world.Engine.Jobs.Values, IsSick);
        Assert.Empty((await world.Scheduler.GetSnapshot()).Withheld);
    }

    [Fact]
    public async Task Announce_DiskBelowTheFloor_TheJobWaitsAndSaysWhyUntilThereIsRoom()
    {
        await using var world = new TestWorld();
        await StartAsync(
            world,
            silos: 1,
            options =>
            {
                options.MinFreeBytes = 1L << 60;
                options.HeartbeatPeriod = TimeSpan.FromMilliseconds(50);
            }
        );
        await world.WhenAnnouncedAsync(1);
        await world.Job("j1").Submit(TestWorld.Request());
        var waiting = (await world.StatusAsync("j1")).Waiting;
        Assert.Matches(@"^Silo \S+ takes no jobs: its disk \S+ has \S+ [MG]iB free \(needs 1073741824 GiB\)\.$", waiting);
        Assert.Equal(waiting, Assert.Single((await world.Scheduler.GetSnapshot()).Queue).Waiting);
        Assert.Empty(world.Engine.Jobs);
        world.Cluster.Silos[0].ServiceProvider.GetRequiredService<IOptions<OneShotGrainsOptions>>().Value.MinFreeBytes = 1;
        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j1")).State);
    }

    [Fact]
    public async Task Start_GrantedBeforeTheSchedulerKnew_IsRefusedAndCountsForNothing()
    {
        await using var world = new TestWorld();
        await StartAsync(world, silos: 1, options => options.QuarantinePause = options.LongestQuarantinePause = TimeSpan.FromMilliseconds(200));
        await world.WhenAnnouncedAsync(1);
        // Nobody tells the scheduler for now.
        var services = world.Cluster.Silos[0].ServiceProvider;
        services.GetRequiredService<Quarantine>().Enter("its disk is full");
        var lease = new Contracts.Scheduling.SlotLease(world.Cluster.Silos[0].SiloAddress.ToParsableString(), 0, "j0", 1, DateTimeOffset.MaxValue);
        var refused = await Assert.ThrowsAsync<OneShotException>(() =>
            services.GetRequiredService<TrainingHost>().Start(lease, new RunOrder(TestWorld.Request()))
        );
        Assert.Equal((ErrorCodes.Unavailable, "This silo takes no jobs: its disk is full."), (refused.Detail.Code, refused.Message));
        Assert.Throws<OneShotException>(() => services.GetRequiredService<TrainingHost>().OpenWorker(lease, TestWorld.Request(), "brief"));
        await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j1")).State);
    }

    [Fact]
    public async Task Worker_MachineFailsOnALentSlot_ItsSiloTakesNoJobsAndTheJobGoesOn()
    {
        await using var world = new TestWorld();
        await StartAsync(world, silos: 2, options => options.QuarantinePause = options.LongestQuarantinePause = TimeSpan.FromHours(1));
        await world.WhenAnnouncedAsync(2);
        foreach (var silo in world.Cluster.Silos)
        {
            world.Terms[silo.SiloAddress.ToParsableString()] = new FakeTermEngine
            {
                OpenFailure = new DllNotFoundException("Unable to load shared library 'LibTorchSharp'"),
            };
        }
        var own = "";
        world.Engine.FanOuts["j1"] = (job, token) =>
        {
            own = SiloOf(job);
            job.BorrowedSlots.Recruit(1, TestWorld.Limit, token);
        };
        await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j1")).State);
        using var limit = new CancellationTokenSource(TestWorld.Limit);
        while ((await world.Scheduler.GetSnapshot()).Withheld.IsEmpty)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
        var (sick, why) = Assert.Single((await world.Scheduler.GetSnapshot()).Withheld);
        Assert.NotEqual(own, world.Cluster.Silos.Single(silo => silo.SiloAddress.ToParsableString() == sick).Name);
        Assert.StartsWith("The machine lacks a library that the engine needs: Unable to load shared library 'LibTorchSharp'", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SelfTest_OfASoundMachine_PassesAndLeavesNothing()
    {
        await using var world = new TestWorld();
        await StartAsync(world, silos: 1);
        var silo = world.Cluster.Silos[0].Name;
        var test = world.Cluster.Silos[0].ServiceProvider.GetRequiredService<ISelfTest>();
        Assert.Null(await test.RunAsync(CancellationToken.None));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(world.WorkFolder, silo)));
        Assert.Empty(await world.FilesAsync("checks/"));

        _sick[silo] = true;
        Assert.Equal($"its device cpu fails its self-test: {Full}", await test.RunAsync(CancellationToken.None));
        _sick.Clear();
        world.Store.BeforeWrite = _ => throw new Storage.ArtifactStoreException(Storage.ArtifactStoreFault.Denied, "The store is read-only.");
        Assert.Equal("the artifact store fails its self-test: The store is read-only", await test.RunAsync(CancellationToken.None));
        world.Store.BeforeWrite = null;
        Directory.Delete(Path.Combine(world.WorkFolder, silo), recursive: true);
        await File.WriteAllTextAsync(Path.Combine(world.WorkFolder, silo), "a file", TestContext.Current.CancellationToken);
        Assert.StartsWith("its work folder fails its self-test: ", await test.RunAsync(CancellationToken.None), StringComparison.Ordinal);
    }

    private static string SiloOf(EngineJob job) => Path.GetFileName(Path.GetDirectoryName(job.WorkFolder))!;

    /// <summary>Fails on a sick silo. The others hold their jobs until it has, so that every silo gets work.</summary>
    private Exception? FailAt(string where, Exception error, EngineJob job, string point, TaskCompletionSource failing)
    {
        if (point != where)
        {
            return null;
        }
        if (IsSick(job))
        {
            failing.TrySetResult();
            return error;
        }

        failing.Task.Wait(TestWorld.Limit);
        return null;
    }

    private bool IsSick(EngineJob job) => _sick.ContainsKey(SiloOf(job));

    private Task StartAsync(TestWorld world, short silos, Action<OneShotGrainsOptions>? configure = null) =>
        world.StartAsync(
            silos: silos,
            configure: (silo, options) =>
            {
                options.MaxFaultySilos = 2;
                options.WorkFolder = Path.Combine(world.WorkFolder, silo);
                options.QuarantinePause = TimeSpan.FromMilliseconds(10);
                options.LongestQuarantinePause = TimeSpan.FromMilliseconds(50);
                options.SchedulerPeriod = TimeSpan.FromMilliseconds(100);
                configure?.Invoke(options);
            },
            silo: silo =>
                silo.Services.AddSingleton<IEngineCheck>(provider => new Check(this, provider.GetRequiredService<IOptions<OneShotGrainsOptions>>().Value))
        );

    private sealed class Check(SickSiloTests test, OneShotGrainsOptions options) : IEngineCheck
    {
        void IEngineCheck.Check(string device)
        {
            if (test._sick.GetValueOrDefault(Path.GetFileName(options.WorkFolder)))
            {
                throw new IOException(Full, 28);
            }
        }
    }
}
