using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation.Methods;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Results;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Threads;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// One implantation from bytes to files: prepares (or takes up a checkpoint), trains, samples, measures. Synchronous, on the thread that calls it; that thread
/// owns torch meanwhile.
/// </summary>
/// <param name="folder">The base model.</param>
/// <param name="inputs">Photo and masks.</param>
/// <param name="options">Options, with <see cref="Precision.Auto"/> already decided.</param>
/// <param name="observer">Told of everything.</param>
/// <param name="slots">The slots that it may borrow; null: there are none.</param>
public sealed class ImplantationRun(
    ModelFolder folder,
    ImplantationInputs inputs,
    ImplantationOptions options,
    IImplantationObserver observer,
    IBorrowedSlots? slots = null
)
{
    /// <summary>The field of errors that a run without the checkpoint would not meet.</summary>
    public const string CheckpointField = "checkpoint";

    private const string ModelField = "model";

    private readonly Dictionary<string, double> _seconds = [];
    private readonly IBorrowedSlots _slots = slots ?? NoBorrowedSlots.Instance;

    /// <summary>
    /// Which errors end the run although training is done, so that it is done again where it may go better; all others become warnings beside the weights.
    /// Cancelling always ends it.
    /// </summary>
    public Func<Exception, bool> EndsRun { get; init; } = error => error is IOException or UnauthorizedAccessException or OutOfMemoryException;

    /// <summary>A command that draws with the result, for warnings about samples that could not be drawn.</summary>
    public string DrawCommand { get; init; } = "oneshot generate --implantation DIR --prompt ... --out DIR";

    /// <summary>The command that makes the same result again, for the result's documents; null where nobody knows.</summary>
    public RepeatCommand? Command { get; init; }

    /// <summary>What the user was told of this run already, for the result's documents; only what would be told again if it were made again.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What an earlier start of the same run has settled; null: nothing is yet. Its precision must be that of the options.</summary>
    public RunSettlement? Settled { get; init; }

    /// <summary>Who is told what concerns the machine; nobody unless somebody asks.</summary>
    public IRunFigures Figures { get; init; } = NoRunFigures.Instance;

    /// <summary>What frozen models have drawn already; runs of one process share it.</summary>
    public FrozenPictures Frozen { get; init; } = new();

    /// <summary>Does it all.</summary>
    /// <param name="outFolder">An existing folder that gets the result's tree.</param>
    /// <param name="checkpoint">A checkpoint to go on from; null to begin.</param>
    /// <param name="cancellationToken">Stops between two steps; while training a checkpoint of the newest step is handed over first.</param>
    /// <returns>Metrics and options as used.</returns>
    /// <exception cref="InvalidInputException">
    /// Something that was given can't be used. Where it is the checkpoint, <see cref="InvalidInputException.Field"/> is <see cref="CheckpointField"/>.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    /// <exception cref="ArithmeticException">
    /// The loss is no number although all weights of the model are; <see cref="NotFiniteNumberException"/>: something else that the model computed is none.
    /// </exception>
    /// <exception cref="IOException">The disk is full or not writable.</exception>
    public ImplantationOutcome Execute(string outFolder, string? checkpoint, CancellationToken cancellationToken)
    {
        SamplingCheck.Require(folder, options.Scheduler, options.SamplingSteps, options.SamplesPerPrompt > 0);
        MethodFit.Require(folder, options.Method, options.Resolution, options.Device);
        try
        {
            return Run(outFolder, checkpoint, cancellationToken);
        }
        catch (ArithmeticException e) when (BrokenWeights.Find(folder) is { } broken)
        {
            // Looked for only now: a scan of all weights takes as long as reading them.
            throw new InvalidInputException(broken.Message, broken.Field, broken.Hint, e);
        }
    }

    private ImplantationOutcome Run(string outFolder, string? checkpoint, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var share = ThreadShare.Take(OperationWork.OfTraining(folder, options, Math.Min(options.SubsetSize, inputs.Objects.Count) + 1));
        var notes = new WarningRecord(observer, Warnings);
        observer.Progress(ImplantationStage.Preparing, 0, 0, $"loading {folder.Name}");
        var began = clock.Elapsed;
        using var models = LoadedModels.Load(folder, options.Precision, options.Device);
        Figures.ModelLoaded(clock.Elapsed - began);
        using var joint = LoadJointSpace(models);
        WarnOfWords(models, notes);
        using var preparation = Preparation.Create(inputs.Photo, inputs.Objects, options, models, joint);
        var overlaps = MaskOverlaps.Warnings(preparation.Crop.Masks, [.. inputs.Objects.Select(o => o.Token)]);
        var words = options.SamplesPerPrompt > 0 ? new PromptCheck([.. inputs.Objects.Select(o => o.Token)]).Warnings(options.Prompts) : [];
        foreach (var warning in preparation.Crop.Warnings.Concat(overlaps).Concat(words))
        {
            notes.Warning(warning);
        }

        observer.Progress(ImplantationStage.Preparing, 0, 0, $"photo: {preparation.Crop.Description}");
        var (modelHash, configuration) = (folder.Hash(), folder.ConfigurationHash());
        RequireSameModel(modelHash, configuration);
        var fingerprint = Fingerprint.Of(inputs, options, modelHash, models.UNet.ComputeType.ToString());

        var frozen = new ModelIdentity(modelHash, configuration, models.UNet.ComputeType.ToString(), options.Device);
        IReadOnlyList<RgbImage> Recall(SamplingRequest request, string noise, Func<IReadOnlyList<RgbImage>> draw) =>
            Frozen.GetOrDraw(new FrozenDrawing(frozen, request, noise), draw);
        var work = new MethodRun(models, joint, preparation, options, observer, cancellationToken) { Recall = Recall };
        using var parts = TrainingParts.Create(work);
        var (trainer, trained, vectors) = (parts.Trainer, parts.Trained, parts.Trained.Vectors);
        var curves = new LossCurves();
        IReadOnlyList<PrototypeCurve> prototypes;
        // What was settled stays, also where the run begins again.
        var decision = Settled is null ? null : Decided(Settled);
        if (checkpoint is null)
        {
            prototypes = MethodCatalog.Get(options.Method).Start(work, trained);
        }
        else
        {
            (prototypes, var kept) = TakeUp(checkpoint, fingerprint, configuration, trainer, curves);
            decision ??= kept;
            observer.Progress(ImplantationStage.Training, curves.Steps.Count, options.Steps, $"goes on from step {curves.Steps.Count}");
        }

        Mark("preparing", clock);
        trained.Attach();
        var samples = new SampleStage(models, inputs.Objects, options) { Recall = Recall };
        var previews = new Attempts(folder, observer, EndsRun, DrawCommand);
        var brief = new WorkerBrief(Fingerprint.WithConfiguration(fingerprint, configuration), options.Precision, inputs.DescribeMasks(), folder.DefaultsText);
        var planner = new FanOutPlanner(parts, options, _slots, brief);
        try
        {
            var begins = decision is null;
            decision = Plan(planner, decision, preparation, models, cancellationToken);
            observer.Settled(
                (Settled ?? new RunSettlement(modelHash, options.Precision, decision.ToText())) with
                {
                    ConfigurationHash = configuration,
                    Defaults = folder.DefaultsText,
                }
            );
            var writer = new CheckpointFile(
                outFolder,
                path => Checkpoint.Write(path, fingerprint, trainer, curves, prototypes, decision, configuration),
                observer
            );
            if (begins && decision.MustBeKept)
            {
                writer.Commit(0);
            }

            new TrainingLoop(options, observer, Figures).Run(
                planner.Steps(decision),
                curves,
                writer,
                () => previews.Do("A preview could not be drawn", () => samples.DrawPreview(vectors, joint, preparation, cancellationToken)),
                cancellationToken
            );
        }
        finally
        {
            _slots.Dismiss();
        }

        trained.Detach();
        Mark("training", clock);

        // From here on the weights are there, whatever becomes of the rest.
        var files = new ResultFiles(outFolder, options, inputs.Objects, models, modelHash);
        files.WriteWeights(trained, preparation, []);
        var attempts = new Attempts(folder, notes, EndsRun, DrawCommand);
        var pictures = new List<Sample>();
        var plain = new PlainSamples(inputs.Objects, options);
        if (options.SamplesPerPrompt > 0)
        {
            attempts.Do(
                "The samples could not be drawn",
                () =>
                {
                    using var used = trained.Use();
                    samples.Draw(vectors, used, notes, pictures, cancellationToken);
                }
            );
        }

        if (pictures.Count > 0)
        {
            attempts.Do("The pictures' thumbnails could not be added to the weights", () => files.WriteWeights(trained, preparation, pictures));
            if (joint is not null)
            {
                attempts.Do("What the plain class name gives could not be drawn", () => plain.Draw(samples, observer, cancellationToken));
            }
        }

        var metrics =
            attempts.Do("The samples could not be measured", () => samples.Measure(pictures, joint, preparation, prototypes, vectors, plain))
            ?? new SampleMetrics(null, null, null, [], []);
        Mark("sampling", clock);
        attempts.Do("The samples could not be written", () => files.WriteSamples(pictures, samples));
        attempts.Do("The contact sheet could not be drawn", () => files.WriteSheet(pictures, preparation));
        attempts.Do("The curves could not be drawn", () => files.WriteCurves(curves, prototypes));
        attempts.Do("The metrics could not be written", () => files.WriteMetrics(metrics, curves, prototypes));
        ResultSummary Summary() =>
            files.Summarise(preparation, pictures, plain, metrics, curves, prototypes) with
            {
                Command = Command,
                Warnings = notes.Warnings,
            };
        attempts.Do("README.md could not be written", () => files.WriteReadme(Summary()));
        attempts.Do("The report could not be written", () => files.WriteReport(Summary()));
        Mark("writing", clock);
        return new ImplantationOutcome(metrics, UsedOptions.Describe(options, models, modelHash, preparation, decision), _seconds);
    }

    private void RequireSameModel(string modelHash, string configuration)
    {
        if (Settled is { } settled && settled.ModelHash != modelHash)
        {
            throw AnotherModel($"The weights of the model {folder.Name} are");
        }

        RequireSameConfiguration(Settled?.ConfigurationHash, configuration);
    }

    // Jobs of earlier versions don't tell.
    private void RequireSameConfiguration(string? begun, string configuration)
    {
        if (begun is not null && begun != configuration)
        {
            throw AnotherModel($"The configuration files of the model {folder.Name} (those of its parts, scheduler, tokenizer and CLIP) are");
        }
    }

    private static InvalidInputException AnotherModel(string what) =>
        new(
            $"{what} not those that this job began with, so the rest of it would not fit.",
            ModelField,
            "Put the model's files back as they were (oneshot models verify shows them), or submit the job again."
        );

    // Not the checkpoint's fault: without it the run could not begin again either.
    private static FanOutDecision Decided(RunSettlement settled)
    {
        try
        {
            return FanOutDecision.FromText(settled.FanOut);
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException(
                "This version can't read how the job that it was to go on with evaluates its terms.",
                "fan-out",
                "Submit the job again.",
                e
            );
        }
    }

    /// <summary>Whatever is wrong with a checkpoint is said as such: a run without it may do.</summary>
    private (IReadOnlyList<PrototypeCurve> Prototypes, FanOutDecision Decision) TakeUp(
        string checkpoint,
        string fingerprint,
        string configuration,
        Trainer trainer,
        LossCurves curves
    )
    {
        try
        {
            // With other files of the model a run that begins again would not come to the same either.
            RequireSameConfiguration(Checkpoint.ConfigurationOf(checkpoint), configuration);
            return Checkpoint.Read(checkpoint, fingerprint, trainer, curves);
        }
        catch (Exception e)
            when (e
                    is not (
                        IOException
                        or UnauthorizedAccessException
                        or OutOfMemoryException
                        or OperationCanceledException
                        or InvalidInputException { Field: CheckpointField or ModelField }
                    )
            )
        {
            throw new InvalidInputException(
                e is InvalidInputException ? e.Message : "The checkpoint can't be read.",
                CheckpointField,
                "Submit the job again.",
                e
            );
        }
    }

    private FanOutDecision Plan(FanOutPlanner planner, FanOutDecision? kept, Preparation preparation, LoadedModels models, CancellationToken cancellationToken)
    {
        if (kept is not null)
        {
            planner.Resume(kept, cancellationToken);
            return kept;
        }

        long[] latents = preparation.Posterior.Mean.shape;
        var unet = models.UNet;
        var weightBytes = unet.parameters().Sum(p => p.numel() * p.element_size());
        var decision = planner.Decide(
            inputs.Objects.Count,
            MicroBatchChoice.BytesOfTerm(
                unet.Config,
                latents[2],
                latents[3],
                unet.ComputeType,
                options.Dora ? LoraParts.TargetsOf(options) : LoraTargetModules.None
            ),
            MicroBatchChoice.Room(models.Device, weightBytes),
            cancellationToken
        );
        if (decision.MustBeKept)
        {
            observer.Progress(ImplantationStage.Preparing, 0, 0, $"terms of a step: {decision.Name} ({decision.Reason})");
        }

        return decision;
    }

    private JointSpace? LoadJointSpace(LoadedModels models)
    {
        var joint = models.LoadJointSpace();
        if (joint is null && (options.UsePrototype || options.Objective.ClassLoss))
        {
            throw new InvalidInputException(
                $"{folder.Name} has no clip folder, which the prototypical embedding and the class loss need.",
                "clip",
                "Name one with --clip, or switch both off with --no-prototype --no-class-loss."
            );
        }

        return joint;
    }

    private void WarnOfWords(LoadedModels models, WarningRecord notes)
    {
        foreach (var o in inputs.Objects)
        {
            var words = o.Class.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
            var pieces = models.Tokenizer.CountTokens(o.Class);
            if (pieces > 2 * words)
            {
                notes.Warning(
                    $"The class name \"{o.Class}\" is split into {pieces} tokens, so the model hardly knows the word; a more common one works better."
                );
            }
        }
    }

    private void Mark(string stage, Stopwatch clock)
    {
        _seconds[stage] = clock.Elapsed.TotalSeconds;
        clock.Restart();
    }
}

/// <summary>What a run made.</summary>
/// <param name="Metrics">The measured quality.</param>
/// <param name="Used">All options as used, for the manifest.</param>
/// <param name="StageSeconds">Seconds by stage.</param>
public sealed record ImplantationOutcome(SampleMetrics Metrics, JsonObject Used, IReadOnlyDictionary<string, double> StageSeconds);
