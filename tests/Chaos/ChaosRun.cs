using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Client;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Requests;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Chaos;

/// <summary>Jobs of the tiny model on a cluster that faults happen to, and a look at each afterwards.</summary>
/// <param name="setting">What to do.</param>
internal sealed class ChaosRun(ChaosSetting setting)
{
    // As many undisturbed runs are made to compare with; jobs share their seeds.
    private const int Seeds = 3;

    /// <summary>Does it all.</summary>
    public async Task<ChaosReport> ExecuteAsync()
    {
        var root = Directory.CreateTempSubdirectory("oneshot-chaos-");
        Console.Error.WriteLine($"Seed {setting.Seed}; everything lies in {root}");
        var clock = Stopwatch.StartNew();
        var expected = await ReferencesAsync(Path.Combine(root.FullName, "calm"));
        await using var cluster = await ChaosCluster.StartAsync(Path.Combine(root.FullName, "chaos"), setting.Silos);
        await using var client = await cluster.ConnectAsync();
        var jobs = await SubmitAsync(client, cluster.Data, setting.Jobs);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:0} s: {jobs.Count} jobs submitted, faults begin"));
        var (faults, hits) = await DisturbAsync(cluster, client, jobs);
        await SettleAsync(cluster, jobs);

        var findings = new List<JobFindings>();
        foreach (var job in jobs)
        {
            findings.Add(await JobCheck.CheckAsync(job, cluster.Data, expected[(await job.GetStatusAsync()).Request.Seed]));
        }

        var violations = findings.SelectMany(f => f.Violations).ToList();
        if (violations.Count == 0)
        {
            await cluster.DisposeAsync();
            root.Delete(recursive: true);
        }

        return new ChaosReport
        {
            Seed = setting.Seed,
            Jobs = jobs.Count,
            Succeeded = findings.Count(f => f.Violations.Count == 0),
            Faults = faults,
            FaultsInTraining = hits,
            Resumes = findings.Sum(f => f.Resumes),
            StepsRepeated = findings.Sum(f => f.StepsRepeated),
            LongestGap = findings.Max(f => f.LongestGap),
            Seconds = clock.Elapsed.TotalSeconds,
            Violations = violations,
        };
    }

    private async Task<Dictionary<long, string>> ReferencesAsync(string root)
    {
        await using var calm = await ChaosCluster.StartAsync(root, 1);
        await using var client = await calm.ConnectAsync();
        var hashes = new Dictionary<long, string>();
        foreach (var job in await SubmitAsync(client, calm.Data, Seeds))
        {
            var status = await job.GetResultAsync();
            hashes[status.Request.Seed] = JobCheck.LoraHash(status);
        }

        return hashes;
    }

    private async Task<IReadOnlyList<ImplantationHandle>> SubmitAsync(OneShotClient client, string data, int count)
    {
        var repository = FindRepository();
        var catalog = new ModelCatalog(DataFolder.Resolve(data));
        var model = catalog.Find(Path.Combine(repository, "tests", "Goldens", "sd15-tiny"));
        catalog.Register(model);
        var store = new FileArtifactStore(data);
        var image = await store.WriteBlobAsync(await File.ReadAllBytesAsync(Path.Combine(repository, "samples", "cat.png")), CancellationToken.None);
        var mask = await store.WriteBlobAsync(await File.ReadAllBytesAsync(Path.Combine(repository, "samples", "cat-mask.png")), CancellationToken.None);
        var jobs = new List<ImplantationHandle>();
        for (var i = 0; i < count; i++)
        {
            jobs.Add(await client.SubmitAsync(new ImplantationRequest
            {
                Name = "cat",
                Seed = i % Seeds,
                Image = image,
                Objects = [new ObjectSpec { Class = "cat", Token = "<cat>", Mask = mask }],
                Model = new ModelReference { Name = model.Name },
                Training = new TrainingOptions { Steps = setting.Steps, Resolution = 64, Precision = Precision.Fp32, FanOut = new FanOutOptions { Mode = FanOutMode.Local } },
                Samples = new SampleOptions { PerPrompt = 0 },
            }));
        }

        return jobs;
    }

    private async Task<(Dictionary<string, int> Faults, int Hits)> DisturbAsync(ChaosCluster cluster, OneShotClient client, IReadOnlyList<ImplantationHandle> jobs)
    {
        var (faults, hits, clock) = (new Dictionary<string, int>(), 0, Stopwatch.StartNew());
        foreach (var fault in Fault.Schedule(setting.Seed, setting.Silos))
        {
            await Task.Delay(fault.After);
            if (clock.Elapsed.TotalMinutes >= setting.Minutes || await AllEndedAsync(jobs))
            {
                break;
            }

            var trains = fault.Kind == FaultKind.Redis || await TrainsAsync(client, cluster.Address(fault.Silo));
            hits += trains ? 1 : 0;
            faults[fault.Kind.ToString()] = faults.GetValueOrDefault(fault.Kind.ToString()) + 1;
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:0} s: {fault.Kind} of silo {fault.Silo}{(trains ? ", which trains" : "")}"));
            await cluster.SufferAsync(fault);
        }

        return (faults, hits);
    }

    // A job that is leased to the silo may be between preparing and publishing; only training counts.
    private static async Task<bool> TrainsAsync(OneShotClient client, string silo)
    {
        try
        {
            var leases = (await client.GetSchedulerAsync()).Leases.Where(lease => lease.Silo == silo).ToList();
            foreach (var lease in leases)
            {
                if ((await client.GetImplantation(lease.JobId).GetStatusAsync()).State == JobState.Training)
                {
                    return true;
                }
            }
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            // The cluster is still busy with the fault before.
        }

        return false;
    }

    private static async Task<bool> AllEndedAsync(IReadOnlyList<ImplantationHandle> jobs)
    {
        try
        {
            foreach (var job in jobs)
            {
                if (!(await job.GetStatusAsync()).State.IsFinal())
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            return false;
        }
    }

    private static async Task SettleAsync(ChaosCluster cluster, IReadOnlyList<ImplantationHandle> jobs)
    {
        var clock = Stopwatch.StartNew();
        while (!await AllEndedAsync(jobs) && clock.Elapsed < TimeSpan.FromMinutes(15))
        {
            await cluster.ReviveAsync();
            await Task.Delay(TimeSpan.FromSeconds(2));
        }
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OrleansOneShot.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("The program lies outside the repository.");
    }
}
