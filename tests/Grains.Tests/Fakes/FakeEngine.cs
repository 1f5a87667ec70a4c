using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>
/// "Trains" a text: each step hashes the one before, so the result tells whether a resumed run did exactly what an uninterrupted one does. It stops at gates
/// that a test sets: "prepare", "step N" (before it), "committed N", "sample" and "done".
/// </summary>
internal sealed class FakeEngine(IArtifactStore store) : ITrainingEngine
{
    private readonly ConcurrentDictionary<(string JobId, long Epoch, string Point), Gate> _gates = new();
    private readonly ConcurrentDictionary<(string JobId, long Epoch), EngineJob> _jobs = new();

    /// <summary>Runs that may not stop when asked: they stand for a silo that was frozen and goes on.</summary>
    public ConcurrentDictionary<(string JobId, long Epoch), bool> Deaf { get; } = new();

    /// <summary>Exceptions to throw, by point.</summary>
    public ConcurrentDictionary<(string JobId, string Point), Exception> Failures { get; } = new();

    /// <summary>What goes wrong at a point, such as "step 3", on the machine that the job's work folder tells; null: nothing.</summary>
    public Func<EngineJob, string, Exception?>? Fault { get; set; }

    /// <summary>What jobs do with other slots before their first step.</summary>
    public ConcurrentDictionary<string, Action<EngineJob, CancellationToken>> FanOuts { get; } = new();

    /// <summary>The memory that every job takes.</summary>
    public long PeakBytes { get; set; }

    /// <summary>Whether results hold the request, as those of the real engine do.</summary>
    public bool WritesRequest { get; set; }

    /// <summary>What the engine was asked to do.</summary>
    public IReadOnlyDictionary<(string JobId, long Epoch), EngineJob> Jobs => _jobs;

    /// <summary>The step from which an epoch went on.</summary>
    public ConcurrentDictionary<(string JobId, long Epoch), int> Resumed { get; } = new();

    /// <summary>What jobs settle with their checkpoints.</summary>
    public SettledRun? Settles { get; set; }

    /// <summary>Jobs in the order in which they were started.</summary>
    public ConcurrentQueue<string> Order { get; } = new();

    /// <summary>How each engine call ended.</summary>
    public ConcurrentDictionary<(string JobId, long Epoch), TaskCompletionSource<Exception?>> Ends { get; } = new();

    public Gate GateAt(string jobId, long epoch, string point) => _gates.GetOrAdd((jobId, epoch, point), _ => new Gate());

    public Task<Exception?> EndOf(string jobId, long epoch) => End(jobId, epoch).Task.WaitAsync(TestWorld.Limit);

    /// <summary>The generations that the engine was asked for.</summary>
    public ConcurrentDictionary<(string JobId, long Epoch), DrawingJob> Drawings { get; } = new();

    public EngineResult Draw(DrawingJob job, IEngineObserver observer, CancellationToken cancellationToken) =>
        Told(
            job.JobId,
            job.Epoch,
            () =>
            {
                Assert.True(Drawings.TryAdd((job.JobId, job.Epoch), job), "an epoch ran twice");
                Order.Enqueue(job.JobId);
                return FakePictures.Draw(job, observer, point => At(job.JobId, job.Epoch, point, cancellationToken), cancellationToken);
            }
        );

    public EngineResult Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken) =>
        Told(job.JobId, job.Epoch, () => Train(job, observer, cancellationToken));

    /// <summary>Works, and tells how that ended.</summary>
    private EngineResult Told(string jobId, long epoch, Func<EngineResult> work)
    {
        Exception? error = null;
        try
        {
            return work();
        }
        catch (Exception e)
        {
            error = e;
            throw;
        }
        finally
        {
            End(jobId, epoch).TrySetResult(error);
        }
    }

    private EngineResult Train(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken)
    {
        Assert.True(_jobs.TryAdd((job.JobId, job.Epoch), job), "an epoch ran twice");
        Order.Enqueue(job.JobId);
        Assert.Empty(Directory.GetFileSystemEntries(job.WorkFolder));
        var (text, done) = Resume(job, observer);
        var steps = job.Request.Training.Steps!.Value;
        observer.Report(Update(JobState.Preparing, 0, 1, "loads"));
        At(job, "prepare", cancellationToken);
        if (FanOuts.TryGetValue(job.JobId, out var fanOut))
        {
            fanOut(job, cancellationToken);
        }
        var committed = done;
        for (var step = done + 1; step <= steps; step++)
        {
            try
            {
                At(job, $"step {step}", cancellationToken);
                if (!Deaf.ContainsKey((job.JobId, job.Epoch)))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
            catch (OperationCanceledException)
            {
                if (step - 1 > committed)
                {
                    Commit(job, observer, step - 1, text);
                }
                throw;
            }

            text = Hash($"{text} {step} {job.Request.Seed}");
            observer.Report(Update(JobState.Training, step, steps) with { Losses = new TermLosses(1.0 / step, 0.5 / step, 0), StepSeconds = 0.01 });
            if (step % job.Request.Training.CheckpointEvery == 0)
            {
                Commit(job, observer, step, text);
                committed = step;
                At(job, $"committed {step}", cancellationToken);
            }
        }

        observer.Report(Update(JobState.Sampling, 1, 1) with { Message = "few samples", IsWarning = true });
        At(job, "sample", cancellationToken);
        var folder = Path.Combine(job.WorkFolder, "result");
        Directory.CreateDirectory(Path.Combine(folder, "samples"));
        File.WriteAllText(Path.Combine(folder, $"{job.Request.Name}.safetensors"), text);
        File.WriteAllText(Path.Combine(folder, "samples", "000.png"), "picture of " + text);
        if (WritesRequest)
        {
            File.WriteAllText(Path.Combine(folder, "request.json"), RequestJson.Write(WithMasks(job.Request, folder)));
        }
        At(job, "done", cancellationToken);
        return new EngineResult(
            folder,
            new JobMetrics
            {
                Ia = 0.5,
                PrototypeSimilarity = 0.9,
                Objects =
                [
                    new ObjectMetrics
                    {
                        Token = "<cat>",
                        Class = "cat",
                        IaObject = 0.6,
                    },
                ],
            },
            ["a warning of the engine"],
            new JsonObject
            {
                ["model"] = new JsonObject { ["name"] = job.Request.Model.Name },
                ["options"] = new JsonObject { ["steps"] = steps },
                ["id"] = "not the engine's business",
            }
        )
        {
            PeakBytes = PeakBytes,
        };
    }

    /// <summary>As the real one: in place of a box stands the mask that was made of it, which lies beside.</summary>
    private static ImplantationRequest WithMasks(ImplantationRequest request, string folder)
    {
        var objects = request.Objects.Select(item =>
        {
            if (item.Box is not { } box)
            {
                return item;
            }
            var mask = $"mask of {string.Join(' ', box)}";
            File.WriteAllText(Path.Combine(folder, $"{item.Class}.png"), mask);
            return item with { Box = null, Mask = Hash(mask) };
        });
        return request with { Objects = [.. objects] };
    }

    private void At(string jobId, long epoch, string point, CancellationToken cancellationToken)
    {
        if (_gates.TryGetValue((jobId, epoch, point), out var gate))
        {
            // A stop must end the wait, unless this run stands for a frozen one.
            var token = Deaf.ContainsKey((jobId, epoch)) ? CancellationToken.None : cancellationToken;
            gate.PassAsync().Wait(token);
        }

        if (Failures.TryGetValue((jobId, point), out var error))
        {
            throw error;
        }
    }

    private void At(EngineJob job, string point, CancellationToken cancellationToken)
    {
        At(job.JobId, job.Epoch, point, cancellationToken);
        if (Fault?.Invoke(job, point) is { } fault)
        {
            throw fault;
        }
    }

    /// <summary>As the real one: only from bytes of the right hash, else from the checkpoint before, else from the beginning.</summary>
    private (string Text, int Step) Resume(EngineJob job, IEngineObserver observer)
    {
        Resumed[(job.JobId, job.Epoch)] = 0;
        foreach (var checkpoint in new[] { job.Resume, job.Previous })
        {
            if (checkpoint is null)
            {
                continue;
            }
            var text = Encoding.UTF8.GetString(store.ReadAllBytesAsync(checkpoint.Path).GetAwaiter().GetResult() ?? []);
            if (checkpoint.Sha256 == Hash(text))
            {
                Resumed[(job.JobId, job.Epoch)] = checkpoint.Step;
                return (text, checkpoint.Step);
            }

            observer.DropCheckpoint(checkpoint);
            observer.Report(Update(JobState.Preparing, 0, 1, $"The checkpoint of step {checkpoint.Step} is damaged.") with { IsWarning = true });
        }

        return ("begin", 0);
    }

    private void Commit(EngineJob job, IEngineObserver observer, int step, string text)
    {
        var path = Path.Combine(job.WorkFolder, "checkpoint.safetensors");
        File.WriteAllText(path, text);
        observer.CommitCheckpoint(step, path, job.Settled ?? Settles);
        File.Delete(path);
    }

    private TaskCompletionSource<Exception?> End(string jobId, long epoch) =>
        Ends.GetOrAdd((jobId, epoch), _ => new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously));

    private static ProgressUpdate Update(JobState stage, int step, int steps, string? message = null) =>
        new()
        {
            Time = DateTimeOffset.UtcNow,
            Stage = stage,
            Step = step,
            Steps = steps,
            Message = message,
        };

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
