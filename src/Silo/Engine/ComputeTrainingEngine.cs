using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Engine;

/// <summary>
/// Binds OrleansOneShot.Compute to the grains' ports: fetches inputs, fills in the model's defaults, runs (or evaluates terms of another silo's run), and turns
/// Compute's errors into those of the contracts.
/// </summary>
/// <param name="store">Where inputs and checkpoints lie; read against their hashes.</param>
/// <param name="models">Resolves model names, and fetches what is not here.</param>
/// <param name="precision">Decides <c>--precision auto</c>.</param>
/// <param name="memory">Measures what jobs take.</param>
/// <param name="instruments">Metrics; null: none.</param>
internal sealed class ComputeTrainingEngine(
    IArtifactReader store,
    SiloModels models,
    PrecisionChooser precision,
    PeakMeter memory,
    OneShotInstruments? instruments = null
) : ITrainingEngine, ITermEngine
{
    private const int NoSuchDevice = 19; // ENODEV

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly EngineInputs _inputs = new(store);
    private readonly FrozenPictures _frozen = new();
    private readonly BoxMasks _masks = new(new EngineInputs(store));

    /// <inheritdoc/>
    public EngineResult Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(observer);
        return EngineErrors.Translate(() =>
        {
            using var measurement = Measure(DeviceOf(job.Device, job.Request.Training.Device));
            var result = RunCore(job, observer, new RunObserver(observer, measurement), cancellationToken);
            return result with { PeakBytes = measurement.Peak() };
        });
    }

    /// <inheritdoc/>
    public EngineResult Draw(DrawingJob job, IEngineObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(observer);
        return EngineErrors.Translate(() =>
        {
            var device = DeviceOf(job.Device, Devices.Auto);
            using var measurement = Measure(device);
            var notes = new RunObserver(observer, measurement);
            var folder = OpenModel(job.Request.Model, say => notes.Progress(ImplantationStage.Preparing, 0, 0, say), cancellationToken);
            var drawing = new GenerationRun(_inputs, precision) { Figures = new EngineFigures(instruments, job.Request.Model.Name) };
            var result = drawing.Execute(job, folder, device, notes, cancellationToken);
            return result with { PeakBytes = measurement.Peak() };
        });
    }

    /// <inheritdoc/>
    public ITermWorker Open(EngineJob job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        return EngineErrors.Translate(() => OpenCore(job, cancellationToken));
    }

    private EngineResult RunCore(EngineJob job, IEngineObserver observer, RunObserver notes, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        // The model first: that it isn't here is this silo's lack, and no word about the request.
        var folder = WithDefaultsOf(job, OpenModel(job.Request.Model, say => notes.Progress(ImplantationStage.Preparing, 0, 0, say), cancellationToken));
        var masked = _masks.Prepare(job, observer, notes, cancellationToken);
        var request = masked.Request;
        notes.Masks = masked.Settled;
        var options = ImplantationOptionsResolver.Resolve(request, folder, job.Device);
        options = options with
        {
            // Measured once a job: another silo, or this one on another day, might find otherwise.
            Precision = job.Settled is { } settled
                ? PrecisionOf(settled)
                : precision.Decide(
                    options.Precision,
                    folder,
                    options.Resolution,
                    options.Device,
                    say => notes.Progress(ImplantationStage.Preparing, 0, 0, say)
                ),
        };
        if (request.Method.SubsetSize > request.Objects.Length)
        {
            notes.Warning($"-k {request.Method.SubsetSize} is more than the photo's objects ({request.Objects.Length}): all of them are drawn in every step.");
        }

        var result = Directory.CreateDirectory(Path.Combine(job.WorkFolder, "result")).FullName;
        var run = new ImplantationRun(folder, masked.Inputs, options, notes, job.BorrowedSlots)
        {
            Settled = SettlementOf(job),
            Frozen = _frozen,
            EndsRun = error => Fault.Of(error) != FaultKind.Request,
            DrawCommand = $"oneshot generate --implantation {job.JobId} --prompt ... --out DIR",
            Command = ImplantCommandLine.Of(request, options.Precision),
            Warnings = [.. notes.Warnings],
            Figures = new EngineFigures(instruments, job.Request.Model.Name),
        };
        var outcome = Execute(run, job, result, notes, cancellationToken);
        // What was asked for, beside what came of it: of a box the mask, which gives the same on every machine.
        File.WriteAllText(Path.Combine(result, "request.json"), RequestJson.Write(request));
        masked.WriteMade(result);
        var manifest = outcome.Used;
        manifest["timings"] = new JsonObject(outcome.StageSeconds.Select(s => KeyValuePair.Create<string, JsonNode?>(s.Key, Math.Round(s.Value, 3))))
        {
            ["total"] = Math.Round(clock.Elapsed.TotalSeconds, 3),
        };
        if (job.BorrowedSlots.Figures is { Steps: > 0 } figures)
        {
            manifest["fan_out"]!["figures"] = JsonSerializer.SerializeToNode(figures, s_json);
        }

        return new EngineResult(result, MetricsMapper.ToContract(outcome.Metrics), [.. notes.Warnings], manifest)
        {
            Defaults = new ModelSteps(folder.Defaults.Steps ?? Defaults.Steps, folder.Defaults.SamplingSteps ?? Defaults.SamplingSteps),
        };
    }

    private static string DeviceOf(string? slot, string asked)
    {
        try
        {
            return TorchDevices.Resolve(slot ?? asked);
        }
        catch (InvalidInputException e) when (slot is not null)
        {
            // The slot's own device, which was there when the silo started: its driver or the device itself has failed.
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.Failed, e.Message, e.Field, "Look at that machine's driver and devices, and start its silo again."),
                new IOException(e.Message, NoSuchDevice)
            );
        }
    }

    private PeakMeasurement Measure(string device)
    {
        // What the libraries take is no job's.
        TorchRuntime.Initialise();
        return memory.Begin(device);
    }

    private Worker OpenCore(EngineJob job, CancellationToken cancellationToken)
    {
        var brief =
            WorkerBrief.Parse(job.Brief)
            ?? throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"Epoch {job.Epoch} of job {job.JobId} does not ask for help (any more)."));
        var folder = OpenModel(job.Request.Model, static _ => { }, cancellationToken);
        folder = brief.Defaults is { } defaults ? folder.WithDefaults(defaults) : folder;
        var options = ImplantationOptionsResolver.Resolve(job.Request, folder, job.Device) with { Precision = brief.Precision };
        var measurement = Measure(DeviceOf(job.Device, job.Request.Training.Device));
        try
        {
            var worker = TermWorker.Open(folder, _masks.Fetch(job, brief.Masks, cancellationToken), options);
            if (worker.Fingerprint == brief.Fingerprint)
            {
                return new Worker(worker, measurement);
            }

            worker.Dispose();
        }
        catch
        {
            measurement.Dispose();
            throw;
        }

        measurement.Dispose();
        throw new OneShotException(
            new ErrorDetail(
                ErrorCodes.Conflict,
                $"The model {folder.Name} is not the same here as on the job's silo, so its terms would be others.",
                "model",
                "Install the same files on every silo."
            )
        );
    }

    private ModelFolder OpenModel(ModelReference model, Action<string> say, CancellationToken cancellationToken)
    {
        var clip = model.Clip is { } name ? models.GetFolder(name, say, cancellationToken) : null;
        var folder = models.GetFolder(model.Name, say, cancellationToken);
        try
        {
            return ModelFolder.Open(folder, clip, models.Converted);
        }
        catch (InvalidInputException e)
        {
            // The request only names it: what is wrong with this silo's files need not be wrong with another's.
            throw new SiloLacksException(new ErrorDetail(ErrorCodes.InvalidInput, e.Message, e.Field, e.Hint), e);
        }
    }

    /// <summary>A job keeps the defaults that it began with, whatever the model's file says by now.</summary>
    private static ModelFolder WithDefaultsOf(EngineJob job, ModelFolder folder) =>
        job.Settled?.Defaults is { } kept ? folder.WithDefaults(kept)
        : job.Settled is not null || job.Resume is not null ? folder.WithDefaultsOfEarlierVersions()
        : folder;

    /// <summary>Goes on from the newest checkpoint that can be used, else begins: a run is deterministic, so what comes out is the same.</summary>
    private ImplantationOutcome Execute(ImplantationRun run, EngineJob job, string result, RunObserver notes, CancellationToken cancellationToken)
    {
        CheckpointReference[] checkpoints = [.. new[] { job.Resume, job.Previous }.OfType<CheckpointReference>()];
        for (var i = 0; i < checkpoints.Length; i++)
        {
            var file = Path.Combine(job.WorkFolder, "resume.safetensors");
            if (_inputs.TryFetch(checkpoints[i], file, out var why, cancellationToken))
            {
                try
                {
                    return run.Execute(result, file, cancellationToken);
                }
                catch (InvalidInputException e) when (e.Field == ImplantationRun.CheckpointField)
                {
                    why = $"can't be used by this version ({e.Message.TrimEnd('.')})";
                }
            }

            notes.Drop(checkpoints[i], why, i + 1 < checkpoints.Length ? checkpoints[i + 1] : null, isSettled: job.Settled is not null);
        }

        return run.Execute(result, null, cancellationToken);
    }

    private static RunSettlement? SettlementOf(EngineJob job) =>
        job.Settled is { } settled
            ? new RunSettlement(settled.ModelSha256, PrecisionOf(settled), settled.FanOut, settled.ConfigurationSha256, settled.Defaults)
            : null;

    private static Precision PrecisionOf(SettledRun settled) => settled.Precision == Precision.Bf16 ? Precision.Bf16 : Precision.Fp32;

    /// <summary>
    /// Compute's worker for a job of another silo: its errors cross to that silo, so they must be those of the contracts, which Compute does not know; and it
    /// has a place among the runs of this process, whose memory it shares.
    /// </summary>
    /// <param name="worker">The worker; owned.</param>
    /// <param name="memory">Its place among the runs; owned.</param>
    private sealed class Worker(TermWorker worker, PeakMeasurement memory) : ITermWorker
    {
        /// <inheritdoc/>
        public TermValue Evaluate(int step, int term, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken) =>
            EngineErrors.Translate(() => worker.Evaluate(step, term, payload, cancellationToken));

        /// <inheritdoc/>
        public void Dispose()
        {
            worker.Dispose();
            memory.Dispose();
        }
    }
}

/// <summary>The engine's part of a silo's self-test.</summary>
internal sealed class TorchEngineCheck : IEngineCheck
{
    /// <inheritdoc/>
    public void Check(string device) => DeviceCheck.Run(device);
}
