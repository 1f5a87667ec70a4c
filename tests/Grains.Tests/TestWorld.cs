using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using Orleans.TestingHost;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Implantations;
using OrleansOneShot.Grains.Models;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Grains.Training;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Grains.Tests;

/// <summary>A store, a database and an engine that outlive clusters, and a cluster that uses them.</summary>
internal sealed class TestWorld : IAsyncDisposable
{
    /// <summary>How long anything may take before a test fails; never waited for otherwise.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _root = Path.Combine(Path.GetTempPath(), $"oneshot-grains-{Guid.NewGuid():N}");
    private readonly ConcurrentDictionary<string, (string ETag, BinaryData Data)> _rows = new();
    private InProcessTestCluster? _cluster;

    public TestWorld()
    {
        Files = new FileArtifactStore(Path.Combine(_root, "store"));
        Store = new FaultyStore(Files);
        Engine = new FakeEngine(Files);
    }

    public FileArtifactStore Files { get; }

    public FaultyStore Store { get; }

    public FakeEngine Engine { get; }

    public FakeModels Models { get; } = new();

    /// <summary>Runs before a grain's state is written; may throw.</summary>
    public Func<string, Task>? BeforeStateWrite { get; set; }

    /// <summary>The engines that evaluate terms for other silos, by silo.</summary>
    public ConcurrentDictionary<string, FakeTermEngine> Terms { get; } = new(StringComparer.Ordinal);

    public InProcessTestCluster Cluster => _cluster!;

    /// <summary>Options of silos that start from now on.</summary>
    public Action<string, OneShotGrainsOptions>? Configure { get; set; }

    /// <summary>Where a path of the store lies on the disk.</summary>
    public string PathOf(string path) => Path.Combine(_root, "store", path);

    public string WorkFolder => Path.Combine(_root, "work");

    public ISchedulerGrain Scheduler => Cluster.Client.GetGrain<ISchedulerGrain>(0);

    public IJobCatalogGrain Catalog => Cluster.Client.GetGrain<IJobCatalogGrain>(0);

    public static ImplantationRequest Request(int steps = 5, string owner = "ann", int priority = 0, int checkpointEvery = 2) =>
        new()
        {
            Name = "my-cat",
            Owner = owner,
            Priority = priority,
            Seed = 7,
            Image = new string('a', 64),
            Objects =
            [
                new ObjectSpec
                {
                    Class = "cat",
                    Token = "<cat>",
                    Mask = new string('b', 64),
                },
            ],
            Model = new ModelReference { Name = "toyworld-64" },
            Training = new TrainingOptions { Steps = steps, CheckpointEvery = checkpointEvery },
        };

    /// <summary>Starts a cluster; one that ran before has ended.</summary>
    public async Task StartAsync(
        int slots = 1,
        bool resume = false,
        short silos = 1,
        Action<string, OneShotGrainsOptions>? configure = null,
        Action<ISiloBuilder>? silo = null
    )
    {
        Configure = configure;
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo(
            (host, services) =>
            {
                services.Services.AddKeyedSingleton<IGrainStorage>(
                    OneShotStorage.Name,
                    (provider, _) =>
                        new SharedStorage(
                            _rows,
                            provider.GetRequiredService<IGrainStorageSerializer>(),
                            grain => BeforeStateWrite?.Invoke(grain) ?? Task.CompletedTask
                        )
                );
                services.Services.AddSingleton<IArtifactStore>(Store);
                services.Services.AddSingleton<ITrainingEngine>(Engine);
                services.Services.AddSingleton<IModelInventory>(Models);
                services.Services.AddSingleton<ITermEngine>(provider =>
                    Terms.GetOrAdd(provider.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString(), _ => new FakeTermEngine())
                );
                services.AddOneShotGrains(options =>
                {
                    options.Slots = [.. Enumerable.Range(0, slots).Select(slot => new SlotAnnouncement(slot, "cpu", 1L << 30))];
                    options.ResumeOnStart = resume;
                    options.WorkFolder = WorkFolder;
                    Configure?.Invoke(host.SiloName, options);
                });
                silo?.Invoke(services);
            }
        );
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    /// <summary>All that grains have stored, as it is kept.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Rows => [.. _rows.Values.Select(row => row.Data.ToMemory())];

    /// <summary>Forgets all that grains have stored, as a database that loses its data does; the cluster has ended.</summary>
    public void LoseState() => _rows.Clear();

    /// <summary>Copies all that grains have stored, as a backup of the database does.</summary>
    /// <returns>Puts the copy back; the cluster has ended.</returns>
    public Action BackUp()
    {
        var copy = _rows.ToArray();
        return () =>
        {
            _rows.Clear();
            foreach (var (key, row) in copy)
            {
                _rows[key] = row;
            }
        };
    }

    /// <summary>Waits until the scheduler knows the slots of so many silos.</summary>
    public async Task WhenAnnouncedAsync(int silos)
    {
        using var limit = new CancellationTokenSource(Limit);
        while ((await Scheduler.GetSnapshot()).Slots.Count < silos)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Ends the cluster as SIGTERM does.</summary>
    public async Task StopAsync()
    {
        await Cluster.StopAllSilosAsync();
        await Cluster.DisposeAsync();
        _cluster = null;
    }

    /// <summary>Ends the cluster without the engines having a say. Their threads go on until their gates open, like those of a silo that was evicted.</summary>
    public async Task KillAsync()
    {
        foreach (var silo in Cluster.Silos.ToList())
        {
            await Cluster.KillSiloAsync(silo);
        }
        await Cluster.DisposeAsync();
        _cluster = null;
    }

    /// <summary>Starts, and runs job j1 until its result is taken; the process dies before the manifest is the job's.</summary>
    public async Task KillBeforeManifestAsync()
    {
        await StartAsync();
        var gate = new Gate();
        gate.Open();
        Store.BeforeWrite = async path =>
        {
            if (path == StorePaths.Manifest("j1"))
            {
                await gate.PassAsync();
                throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, "The store is away.");
            }
        };
        await Job("j1").Submit(Request());
        await gate.Reached;
        await KillAsync();
        Store.BeforeWrite = null;
    }

    public IImplantationGrain Job(string id) => Cluster.Client.GetGrain<IImplantationGrain>(id);

    public IGenerationGrain Generation(string id) => Cluster.Client.GetGrain<IGenerationGrain>(id);

    public IScheduledImplantation Scheduled(string id) => Cluster.Client.GetGrain<IScheduledImplantation>(id);

    public ITrainedImplantation Trained(string id) => Cluster.Client.GetGrain<ITrainedImplantation>(id);

    public async Task<ImplantationStatus> StatusAsync(string id) => (await Job(id).GetStatus())!;

    /// <summary>Watches to the end.</summary>
    public async Task<List<ProgressEvent>> WatchAsync(string id, long from = 1)
    {
        using var limit = new CancellationTokenSource(Limit);
        var events = new List<ProgressEvent>();
        await foreach (var progress in Job(id).Watch(from).WithCancellation(limit.Token))
        {
            events.Add(progress);
        }
        return events;
    }

    /// <summary>Waits for a job's end across the loss of silos, with which watchers' streams end.</summary>
    public async Task<ImplantationStatus> EndOfAsync(string id, TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? Limit);
        while (true)
        {
            try
            {
                if (await Job(id).GetStatus().WaitAsync(limit.Token) is { } status && status.State.IsFinal())
                {
                    return status;
                }
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                // It moves.
            }

            limit.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A job's status, across the change of its activation.</summary>
    public async Task<ImplantationStatus> EndlessStatusAsync(string id)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            try
            {
                return (await Job(id).GetStatus().WaitAsync(limit.Token))!;
            }
            catch (OrleansException)
            {
                // Another activation knows more.
            }
        }
    }

    /// <summary>Watches until an event fits.</summary>
    public async Task<ProgressEvent> WatchUntilAsync(string id, Func<ProgressEvent, bool> fits)
    {
        using var limit = new CancellationTokenSource(Limit);
        await foreach (var progress in Job(id).Watch(1).WithCancellation(limit.Token))
        {
            if (fits(progress))
            {
                return progress;
            }
        }

        throw new InvalidOperationException("The job ended without such an event.");
    }

    /// <summary>Changes a job's stored state behind its back, as an earlier version would have left it. The job must not be active.</summary>
    public async Task EditAsync(string id, Func<ImplantationState, ImplantationState> edit)
    {
        var storage = Cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<IGrainStorage>(OneShotStorage.Name);
        var row = new GrainState<ImplantationState>();
        var grain = Job(id).GetGrainId();
        await storage.ReadStateAsync("job", grain, row);
        row.State = edit(row.State!);
        await storage.WriteStateAsync("job", grain, row);
    }

    /// <summary>What is stored of a job.</summary>
    public async Task<ImplantationState> StateAsync(string id)
    {
        var row = new GrainState<ImplantationState>();
        await Cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<IGrainStorage>(OneShotStorage.Name).ReadStateAsync("job", Job(id).GetGrainId(), row);
        return row.State!;
    }

    /// <summary>Waits until no silo of the cluster, or one of them, has a run.</summary>
    public Task WhenIdleAsync(string? only = null) =>
        Task.WhenAll(
                Cluster
                    .Silos.Where(silo => only is null || silo.SiloAddress.ToParsableString() == only)
                    .Select(silo => silo.ServiceProvider.GetRequiredService<TrainingHost>().WhenIdleAsync())
            )
            .WaitAsync(Limit);

    /// <summary>
    /// Waits until something has come about. A watcher's stream ends with the job's last event, and what the ended job owes to others (its slot, its garbage,
    /// its line in the list) comes after that: a test that looks for it waits for it.
    /// </summary>
    /// <param name="fits">Whether it has.</param>
    /// <param name="show">What is there instead, for the message.</param>
    public async Task WhenAsync(Func<Task<bool>> fits, Func<Task<string>> show)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await fits())
        {
            if (limit.IsCancellationRequested)
            {
                Assert.Fail($"It did not come about; there is: {await show()}");
            }
            await Task.Yield();
        }
    }

    /// <summary>Waits until a job has nothing in the store but its log.</summary>
    public Task WhenOnlyTheLogIsLeftAsync(string id) =>
        WhenAsync(
            async () => (await FilesAsync($"jobs/{id}/")).TrueForAll(path => path.EndsWith("progress.jsonl", StringComparison.Ordinal)),
            async () => string.Join(", ", await FilesAsync($"jobs/{id}/"))
        );

    /// <summary>Waits until no job holds a slot.</summary>
    public Task WhenNoSlotIsTakenAsync() =>
        WhenAsync(
            async () => (await Scheduler.GetSnapshot()).Leases.Length == 0,
            async () => string.Join(", ", (await Scheduler.GetSnapshot()).Leases.Select(lease => lease.JobId))
        );

    /// <summary>What an uninterrupted run of the request publishes.</summary>
    public async Task<string> ReferenceHashAsync(ImplantationRequest request)
    {
        await Job("reference").Submit(request);
        await WatchAsync("reference");
        return (await StatusAsync("reference")).Files[0].Sha256;
    }

    public async Task<List<string>> FilesAsync(string prefix)
    {
        var paths = new List<string>();
        await foreach (var file in Files.ListAsync(prefix))
        {
            paths.Add(file.Path);
        }
        return paths;
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.StopAllSilosAsync();
            await _cluster.DisposeAsync();
        }

        // What a stopped silo had begun, such as a self-test, may still take files away.
        for (var attempt = 0; Directory.Exists(_root); attempt++)
        {
            try
            {
                Directory.Delete(_root, recursive: true);
            }
            catch (IOException) when (attempt < 100) { }
        }
    }
}
