using System.Diagnostics;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// One implantation from bytes to files: prepares (or takes up a checkpoint), trains, samples, measures. Synchronous, on the thread that calls it; that thread owns torch meanwhile.
/// </summary>
/// <param name="folder">The base model.</param>
/// <param name="inputs">Photo and masks.</param>
/// <param name="options">Options, with <see cref="ComputePrecision.Auto"/> already decided.</param>
/// <param name="observer">Told of everything.</param>
public sealed class ImplantationRun(ModelFolder folder, ImplantationInputs inputs, ImplantationOptions options, IImplantationObserver observer)
{
    /// <summary>Steps between two previews.</summary>
    private const int PreviewEvery = 50;

    private readonly Dictionary<string, double> _seconds = [];

    /// <summary>Does it all.</summary>
    /// <param name="outFolder">An existing folder that gets the result's tree.</param>
    /// <param name="checkpoint">A checkpoint to go on from; null to begin.</param>
    /// <param name="cancellationToken">Stops between two steps; while training a checkpoint of the newest step is handed over first.</param>
    /// <returns>Metrics and options as used.</returns>
    /// <exception cref="InvalidInputException">Something that was given can't be used.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    /// <exception cref="ArithmeticException">The loss is no number.</exception>
    /// <exception cref="IOException">The disk is full or not writable.</exception>
    public ImplantationOutcome Execute(string outFolder, string? checkpoint, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        observer.Progress(ImplantationStage.Preparing, 0, 0, $"loading {folder.Name}");
        var type = options.Precision == ComputePrecision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;
        using var models = LoadedModels.Load(folder, type, device(options.Device));
        using var joint = LoadJointSpace(models);
        WarnOfWords(models);
        using var preparation = Preparation.Create(inputs.Photo, inputs.Objects, options, models, joint);
        foreach (var warning in preparation.Crop.Warnings)
        {
            observer.Warning(warning);
        }

        observer.Progress(ImplantationStage.Preparing, 0, 0, $"photo: {preparation.Crop.Description}");
        var modelHash = folder.Hash();
        var fingerprint = Fingerprint.Of(inputs, options, modelHash, type.ToString());

        using var lora = CreateLora(models);
        using var tokens = new FlatParameters([(Trainer.VectorsName, [preparation.Tokens.Sum(t => t.Count), models.TextEncoder.TokenTable.shape[1]])], models.Device);
        var vectors = tokens[Trainer.VectorsName];
        var objective = new Objective(
            (sample, timesteps, states) => models.UNet.call(sample, timesteps, states).to(ScalarType.Float32), (ids, rows) => models.TextEncoder.call(ids, rows),
            joint is null ? null : joint.Text, preparation.LatentMasks, preparation.Prompts, options.Objective with { PredictionType = models.Scheduler.Prediction });
        var random = new StepRandom(
            options.Seed, preparation.Posterior, models.Vae.Config.ScalingFactor, new NoiseSchedule(models.Scheduler), preparation.Tokens.Count, options.SubsetSize);
        using var trainer = new Trainer(objective, random.Draw, lora, tokens, options.LearningRate, options.WeightDecay);
        var curves = new LossCurves();
        IReadOnlyList<PrototypeCurve> prototypes;
        if (checkpoint is null)
        {
            using var scope = NewDisposeScope();
            (var start, prototypes) = StartingVectors.Find(preparation, models, joint, options, observer, cancellationToken);
            tokens.Assign(Trainer.VectorsName, start);
        }
        else
        {
            prototypes = Checkpoint.Read(checkpoint, fingerprint, trainer, curves);
            observer.Progress(ImplantationStage.Training, curves.Steps.Count, options.Steps, $"goes on from step {curves.Steps.Count}");
        }

        Mark("preparing", clock);
        lora.Attach(models.UNet.AdaptableLinears);
        var samples = new SampleStage(models, inputs.Objects, options);
        Train(trainer, curves, samples, vectors, path => Checkpoint.Write(path, fingerprint, trainer, curves, prototypes), outFolder, cancellationToken);
        lora.Detach();
        Mark("training", clock);

        IReadOnlyList<Sample> pictures;
        using (UseLora(lora, models))
        {
            pictures = samples.Draw(vectors, observer, cancellationToken);
        }

        var metrics = samples.Measure(pictures, joint, preparation, prototypes);
        Mark("sampling", clock);
        var files = new ResultFiles(outFolder, options, inputs.Objects, models, modelHash);
        files.WriteWeights(lora, vectors, preparation);
        files.WritePictures(pictures, samples, preparation);
        files.WriteCurves(curves, prototypes);
        files.WriteMetrics(metrics, curves, prototypes);
        Mark("writing", clock);
        return new ImplantationOutcome(metrics, UsedOptions.Describe(options, models, modelHash, preparation), _seconds);
    }

    private void Train(
        Trainer trainer, LossCurves curves, SampleStage samples, Tensor vectors, Action<string> writeCheckpoint, string outFolder, CancellationToken cancellationToken)
    {
        observer.Progress(ImplantationStage.Training, curves.Steps.Count, options.Steps);
        var committed = curves.Steps.Count;
        var clock = new Stopwatch();
        while (curves.Steps.Count < options.Steps)
        {
            if (cancellationToken.IsCancellationRequested && committed < curves.Steps.Count)
            {
                Commit(curves.Steps.Count);
            }

            cancellationToken.ThrowIfCancellationRequested();
            clock.Restart();
            curves.Add(trainer.Step(curves.Steps.Count, RateFactor(curves.Steps.Count)));
            var done = curves.Steps.Count;
            observer.Step(done, options.Steps, curves.Steps[^1], clock.Elapsed.TotalSeconds);
            if (done % options.CheckpointEvery == 0 || done == options.Steps)
            {
                Commit(done);
            }

            if (done % PreviewEvery == 0 && done < options.Steps && options.SamplesPerPrompt > 0)
            {
                observer.Preview(done, samples.DrawPreview(vectors, cancellationToken));
            }
        }

        void Commit(int step)
        {
            var path = Path.Combine(outFolder, "checkpoint.partial.safetensors");
            writeCheckpoint(path);
            observer.Checkpoint(step, path);
            File.Delete(path);
            committed = step;
        }
    }

    private double RateFactor(int step) =>
        options.Schedule == LearningRateSchedule.Cosine ? 0.5 * (1 + Math.Cos(Math.PI * step / options.Steps)) : 1;

    private LoraNetwork CreateLora(LoadedModels models)
    {
        using var random = new KeyedRandom(options.Seed, 0, RandomPurpose.LoraInit);
        var targets = options.CrossAttentionOnly ? LoraTargetModules.Cross : LoraTargetModules.Attention;
        return LoraNetwork.Create(models.UNet.AdaptableLinears, new LoraSettings(options.Rank, options.Alpha, targets), random.Generator, models.Device);
    }

    // Merging makes the samples cheaper; in bfloat16 a merged LoRA loses its small changes to rounding, so there it stays beside the weights.
    private static IDisposable UseLora(LoraNetwork lora, LoadedModels models) => models.UNet.ComputeType == ScalarType.Float32
        ? lora.MergeInto(models.UNet.AdaptableLinears)
        : new AttachedLora(lora, models.UNet.AdaptableLinears);

    private JointSpace? LoadJointSpace(LoadedModels models)
    {
        var joint = models.LoadJointSpace();
        if (joint is null && (options.UsePrototype || options.Objective.ClassLoss))
        {
            throw new InvalidInputException(
                $"{folder.Name} has no clip folder, which the prototypical embedding and the class loss need.", "clip", "Name one with --clip, or switch both off with --no-prototype --no-class-loss.");
        }

        return joint;
    }

    private void WarnOfWords(LoadedModels models)
    {
        foreach (var o in inputs.Objects)
        {
            var words = o.Class.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
            var pieces = models.Tokenizer.CountTokens(o.Class);
            if (pieces > 2 * words)
            {
                observer.Warning($"The class name \"{o.Class}\" is split into {pieces} tokens, so the model hardly knows the word; a more common one works better.");
            }
        }
    }

    private void Mark(string stage, Stopwatch clock)
    {
        _seconds[stage] = clock.Elapsed.TotalSeconds;
        clock.Restart();
    }
}
