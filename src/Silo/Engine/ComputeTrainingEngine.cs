using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Engine;

/// <summary>Binds OrleansOneShot.Compute to the grains' port: fetches inputs, fills in the model's defaults, runs, and turns Compute's errors into those of the contracts.</summary>
/// <param name="store">Where inputs and checkpoints lie.</param>
/// <param name="models">Resolves model names.</param>
/// <param name="precision">Decides <c>--precision auto</c>.</param>
internal sealed class ComputeTrainingEngine(IArtifactStore store, ModelCatalog models, PrecisionChooser precision) : ITrainingEngine
{
    /// <inheritdoc/>
    public EngineResult Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(observer);
        var notes = new EngineNotes(job, observer, store);
        try
        {
            return RunCore(job, notes, cancellationToken);
        }
        catch (InvalidInputException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, e.Message, e.Field, e.Hint), e);
        }
        catch (ArithmeticException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Failed, e.Message, "lr", "Use a smaller --lr, or --precision fp32."), e);
        }
    }

    private EngineResult RunCore(EngineJob job, EngineNotes notes, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var request = job.Request;
        var folder = ModelFolder.Open(models.GetFolder(request.Model.Name), request.Model.Clip is { } clip ? models.GetFolder(clip) : null);
        var options = ImplantationOptionsResolver.Resolve(request, folder);
        options = options with { Precision = precision.Decide(options.Precision, folder, options.Resolution, options.Device, say => notes.Progress(ImplantationStage.Preparing, 0, 0, say)) };
        if (request.Method.SubsetSize > request.Objects.Length)
        {
            notes.Warning($"-k {request.Method.SubsetSize} is more than the photo's objects ({request.Objects.Length}): all of them are drawn in every step.");
        }

        var inputs = new ImplantationInputs(
            Fetch(BlobPaths.Blob(request.Image), cancellationToken),
            [.. request.Objects.Select(o => new ImplantationObject(o.Class, o.Token, Fetch(BlobPaths.Blob(o.Mask), cancellationToken)))]);
        string? checkpoint = null;
        if (job.Resume is { } resume)
        {
            checkpoint = Path.Combine(job.WorkFolder, "resume.safetensors");
            File.WriteAllBytes(checkpoint, Fetch(resume.Path, cancellationToken));
        }

        var result = Directory.CreateDirectory(Path.Combine(job.WorkFolder, "result")).FullName;
        var outcome = new ImplantationRun(folder, inputs, options, notes).Execute(result, checkpoint, cancellationToken);
        RequestDocument.Write(Path.Combine(result, "request.json"), request);
        var manifest = outcome.Used;
        manifest["timings"] = new JsonObject(outcome.StageSeconds.Select(s => KeyValuePair.Create<string, JsonNode?>(s.Key, Math.Round(s.Value, 3))))
        {
            ["total"] = Math.Round(clock.Elapsed.TotalSeconds, 3),
        };
        return new EngineResult(result, MetricsMapper.ToContract(outcome.Metrics), [.. notes.Warnings], manifest);
    }

    // The engine's thread is its own, so waiting for the store blocks nobody.
    private byte[] Fetch(string path, CancellationToken cancellationToken) =>
        store.ReadAllBytesAsync(path, cancellationToken).GetAwaiter().GetResult()
            ?? throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, $"The store has no {path}, which the job needs.", null, "Upload the file again and resubmit."));
}
