using OrleansOneShot.Client;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.EndToEnd.Tests.Clients;

/// <summary>A silo that is killed under those who watch its job.</summary>
public sealed class WatchersTests : IDisposable
{
    private const int WatchersEach = 10;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Watch_BySomeWhoseJobLosesItsSilo_MissesNothingAndSeesNothingTwice()
    {
        using var limit = new CancellationTokenSource(s_limit);
        await using var cluster = await TestCluster.StartAsync(2, _folder.Data, http: true);
        await using var gateway = await ClusterByGateway.OpenAsync(cluster, _folder.Data);
        var job = await gateway.ImplantAsync(
            new Client.Implantations.Implantation(Repository.Sample("cat.png"))
            {
                Objects = [new("cat", Repository.Sample("cat-mask.png"))],
                Training = new TrainingOptions { Steps = 120, Precision = Precision.Fp32 },
                Samples = new SampleOptions { PerPrompt = 0 },
            },
            cancellationToken: limit.Token
        );
        await foreach (var progress in job.WatchAsync(cancellationToken: limit.Token))
        {
            if (progress.Stage == JobState.Training)
            {
                break;
            }
        }

        var dies = Assert.Single(await cluster.FindSilosAsync("leased"));
        var stays = Assert.Single(cluster.Silos, silo => silo != dies);
        await using var http = OneShotClient.Connect(stays.Url!);
        var trains = new TaskCompletionSource();
        var watchers = Enumerable.Range(0, 2 * WatchersEach).Select(i => WatchAsync(i % 2 == 0 ? http : gateway, job.Id, trains, limit.Token)).ToList();
        await trains.Task.WaitAsync(limit.Token);
        dies.Process.Kill();
        var seen = await Task.WhenAll(watchers);

        var status = await http.GetImplantation(job.Id).GetStatusAsync(limit.Token);
        Assert.Equal(JobState.Succeeded, status.State);
        Assert.True(status.Epoch > 1, "The silo was killed when the job had ended.");
        Assert.All(seen, numbers => Assert.Equal(Enumerable.Range(1, (int)status.LastSequence).Select(i => (long)i), numbers));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<List<long>> WatchAsync(IOneShotClient client, string id, TaskCompletionSource trains, CancellationToken cancellationToken)
    {
        List<long> seen = [];
        await foreach (var progress in client.GetImplantation(id).WatchAsync(cancellationToken: cancellationToken))
        {
            seen.Add(progress.Sequence);
            if (progress is { Stage: JobState.Training, Step: >= 25 })
            {
                trains.TrySetResult();
            }
        }

        return seen;
    }
}
