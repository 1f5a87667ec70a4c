using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json.Nodes;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Embedded;

public sealed class EmbeddedSiloTests : IDisposable
{
    private readonly TestData _data = new();

    [Fact]
    public async Task Start_Listens_OnTheLoopbackAlone()
    {
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Data = _data.Folder });

        var listener = Assert.Single(IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners(), endpoint => endpoint.Port == silo.GatewayPort);
        Assert.Equal(IPAddress.Loopback, listener.Address);
    }

    [Fact]
    public async Task Stop_WhileTraining_WaitsForTheCheckpoint_AndTheNextSiloResumesThere()
    {
        var started = new TaskCompletionSource();
        var id = "20260101-000000-00000000";
        await using (
            var silo = await EmbeddedSilo.StartAsync(
                new EmbeddedSiloOptions
                {
                    Data = _data.Folder,
                    Trains = true,
                    Engine = _ => new Engine(started, waits: true),
                }
            )
        )
        {
            await silo.Grains.GetGrain<IImplantationGrain>(id).Submit(Request);
            await started.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }

        var resumed = new Engine(new TaskCompletionSource(), waits: false);
        await using var next = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions
            {
                Data = _data.Folder,
                Trains = true,
                Engine = _ => resumed,
            }
        );
        var job = next.Grains.GetGrain<IImplantationGrain>(id);
        await foreach (var _ in job.Watch(1)) { }

        var status = (await job.GetStatus())!;
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        Assert.Equal(7, resumed.ResumedAt);
        Assert.True(File.Exists(Path.Combine(_data.Folder.Root, "jobs", id, "manifest.json")));
    }

    [Fact]
    public async Task Start_WithoutTraining_LeavesJobsInTheQueue()
    {
        await using var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions
            {
                Data = _data.Folder,
                Trains = false,
                Engine = _ => throw new InvalidOperationException(),
            }
        );
        var job = silo.Grains.GetGrain<IImplantationGrain>("20260101-000000-00000001");

        Assert.Equal(JobState.Queued, (await job.Submit(Request)).State);
        Assert.Equal(JobState.Cancelled, (await job.Cancel()).State);
    }

    public void Dispose() => _data.Dispose();

    private static ImplantationRequest Request =>
        new()
        {
            Name = "cat",
            Image = new string('0', 64),
            Objects =
            [
                new ObjectSpec
                {
                    Class = "cat",
                    Token = "<cat>",
                    Mask = new string('1', 64),
                },
            ],
            Model = new ModelReference { Name = ModelCatalog.Default },
        };

    private sealed class Engine(TaskCompletionSource started, bool waits) : ITrainingEngine
    {
        public int? ResumedAt { get; private set; }

        public EngineResult Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken)
        {
            ResumedAt = job.Resume?.Step;
            started.TrySetResult();
            if (waits)
            {
                cancellationToken.WaitHandle.WaitOne();
                var checkpoint = Path.Combine(job.WorkFolder, "c");
                File.WriteAllText(checkpoint, "c");
                observer.CommitCheckpoint(7, checkpoint);
                cancellationToken.ThrowIfCancellationRequested();
            }

            var folder = Directory.CreateDirectory(Path.Combine(job.WorkFolder, "result")).FullName;
            File.WriteAllText(Path.Combine(folder, "r.txt"), "r");
            return new EngineResult(folder, null, [], new JsonObject());
        }
    }
}
