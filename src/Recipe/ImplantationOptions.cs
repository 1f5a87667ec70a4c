using System.Text.Json.Serialization;

namespace OrleansOneShot.Recipe;

/// <summary>
/// All options of an implantation, with nothing left open. Its JSON is what a checkpoint's fingerprint is made of and what the manifest records: a new property
/// is left out at its default (<see cref="JsonIgnoreCondition.WhenWritingDefault"/>), so that checkpoints from before it keep their fingerprint.
/// </summary>
public sealed record ImplantationOptions
{
    /// <summary>Name of the result; its files start with it.</summary>
    public required string Name { get; init; }

    /// <summary>Seed of everything that is drawn at random.</summary>
    public long Seed { get; init; }

    /// <summary>The method.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TrainingMethod Method { get; init; }

    /// <summary>DreamBooth's class pictures; 0: no prior preservation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ClassPictures { get; init; }

    /// <summary>Weight of DreamBooth's loss on class pictures.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double PriorWeight { get; init; }

    /// <summary>n: learned vectors an object.</summary>
    public int Vectors { get; init; } = Defaults.Vectors;

    /// <summary>k of eq. 5: objects drawn a step; more than there are means all.</summary>
    public int SubsetSize { get; init; } = Defaults.SubsetSize;

    /// <summary>Whether the masked terms see each a crop of its own object instead of the training crop.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OwnViews { get; init; }

    /// <summary>How far the object loss's masks are grown: a radius, as a part of the crop's side.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double MaskDilate { get; init; }

    /// <summary>How much the edges of the object loss's masks are blurred: a standard deviation, as a part of the crop's side.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double MaskFeather { get; init; }

    /// <summary>Whether the prototypical embedding (eq. 2) is learned before training.</summary>
    public bool UsePrototype { get; init; } = true;

    /// <summary>Settings of the prototypical embedding.</summary>
    public PrototypeOptions Prototype { get; init; } = new();

    /// <summary>Whether the vectors start at random instead of at the class name.</summary>
    public bool RandomInitialisation { get; init; }

    /// <summary>Terms of the objective.</summary>
    public ObjectiveOptions Objective { get; init; } = new();

    /// <summary>Training steps, at least 1.</summary>
    public int Steps { get; init; } = Defaults.Steps;

    /// <summary>AdamW's learning rate.</summary>
    public double LearningRate { get; init; } = Defaults.LearningRate;

    /// <summary>AdamW's learning rate of the token vectors; null: <see cref="LearningRate"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TokenLearningRate { get; init; }

    /// <summary>How the learning rate changes over the steps.</summary>
    public LearningRateSchedule Schedule { get; init; }

    /// <summary>AdamW's decoupled weight decay.</summary>
    public double WeightDecay { get; init; } = Defaults.WeightDecay;

    /// <summary>LoRA's rank.</summary>
    public int Rank { get; init; } = Defaults.Rank;

    /// <summary>LoRA's alpha.</summary>
    public double Alpha { get; init; } = Defaults.Rank;

    /// <summary>Whether only cross-attention carries LoRA.</summary>
    public bool CrossAttentionOnly { get; init; }

    /// <summary>Layers that carry LoRA besides attention: feed-forward networks, projections, convolutions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LoraTargetModules MoreTargets { get; init; }

    /// <summary>Whether LoRA is a DoRA, which learns the lengths of the changed weights' rows as well.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Dora { get; init; }

    /// <summary>Side of the training crop in pixels.</summary>
    public int Resolution { get; init; } = Defaults.Resolution;

    /// <summary>Training prompt; <c>{}</c> stands for the tokens.</summary>
    public string PromptTemplate { get; init; } = Defaults.PromptTemplate;

    /// <summary>How the photo is varied from step to step.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Augmentations Augment { get; init; }

    /// <summary>Where the terms of a step are evaluated.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public FanOutMode FanOut { get; init; }

    /// <summary>N of <see cref="FanOutMode.Periodic"/>: steps between two averages, at least 1; 0 for the other modes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int FanOutPeriod { get; init; }

    /// <summary>Terms of a step that share one forward and backward pass, at least 1; null: all, fewer where memory is short.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int? MicroBatch { get; init; }

    /// <summary>Steps between two checkpoints.</summary>
    public int CheckpointEvery { get; init; } = Defaults.CheckpointEvery;

    /// <summary>Steps between two previews; 0: none are drawn. Null only in a fingerprint, which it is no part of.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PreviewEvery { get; init; } = Defaults.PreviewEvery;

    /// <summary>What the frozen weights compute in.</summary>
    public Precision Precision { get; init; }

    /// <summary>"auto", "cpu" or "cuda:N".</summary>
    public string Device { get; init; } = Defaults.Device;

    /// <summary>Prompts of the samples; empty: each object alone and all together on a few scenes.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>Pictures a prompt.</summary>
    public int SamplesPerPrompt { get; init; } = Defaults.PicturesPerPrompt;

    /// <summary>The samples' scheduler.</summary>
    public string Scheduler { get; init; } = Defaults.Scheduler;

    /// <summary>The samples' steps.</summary>
    public int SamplingSteps { get; init; } = Defaults.SamplingSteps;

    /// <summary>The samples' guidance.</summary>
    public double GuidanceScale { get; init; } = Defaults.GuidanceScale;

    /// <summary>The samples' guidance between the frozen and the tuned model; null: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? PersonalizationGuidance { get; init; }

    /// <summary>Fills in what was left open: the model's own defaults, else those of the method.</summary>
    /// <param name="name">Name of the result.</param>
    /// <param name="seed">Seed of everything random.</param>
    /// <param name="method">Options of the method.</param>
    /// <param name="training">Options of the training.</param>
    /// <param name="samples">Options of the samples.</param>
    /// <param name="model">The model's defaults.</param>
    /// <returns>The options. Whether they fit the model is for who knows it.</returns>
    public static ImplantationOptions Resolve(
        string name,
        long seed,
        MethodOptions method,
        TrainingOptions training,
        SampleOptions samples,
        ModelDefaults model
    )
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(model);
        var (way, isOurs, isDreambooth) = (method.Name, method.Name == TrainingMethod.Ours, method.Name == TrainingMethod.Dreambooth);
        var own = model.Of(way);
        return new ImplantationOptions
        {
            Name = name,
            Seed = seed,
            Method = way,
            ClassPictures = method.ClassPictures ?? (isDreambooth ? own.ClassPictures ?? Defaults.ClassPictures : 0),
            PriorWeight = method.PriorWeight ?? (isDreambooth ? Defaults.PriorWeight : 0),
            Vectors = method.Vectors ?? own.Vectors ?? way.Vectors(),
            SubsetSize = method.SubsetSize ?? Defaults.SubsetSize,
            OwnViews = method.ObjectView == ObjectView.Own,
            MaskDilate = method.MaskDilate ?? (isOurs ? model.MaskDilate : null) ?? Defaults.MaskEdge,
            MaskFeather = method.MaskFeather ?? (isOurs ? model.MaskFeather : null) ?? Defaults.MaskEdge,
            UsePrototype = isOurs && method.Prototype,
            Prototype = new PrototypeOptions
            {
                LearningRate = method.PrototypeLearningRate ?? model.Prototype?.LearningRate ?? Defaults.PrototypeLearningRate,
                Steps = method.PrototypeSteps ?? model.Prototype?.Steps ?? Defaults.PrototypeSteps,
                // Random vectors start as far away as can be.
                Distance = method.PrototypeDistance ?? (method.Initialisation == TokenInitialisation.Random ? null : model.Prototype?.Distance),
                Fusion = FusionWeights.Of(method.Fusion),
            },
            RandomInitialisation = method.Initialisation == TokenInitialisation.Random,
            Objective = new ObjectiveOptions
            {
                MaskNormalisation = method.MaskNormalisation ?? (isOurs ? model.Averaging : null) ?? MaskNormalisation.Mean,
                ObjectLoss = isOurs && method.ObjectLoss,
                ClassLoss = isOurs && method.ClassLoss,
                ClassLossAlpha = method.ClassLossAlpha,
                ClassLossProbability = method.ClassLossProbability,
                MinSnrGamma = training.MinSnrGamma ?? own.MinSnrGamma ?? Defaults.MinSnrGamma,
            },
            Steps = training.Steps ?? own.Steps ?? way.Steps(),
            LearningRate = training.LearningRate ?? own.LearningRate ?? way.LearningRate(),
            TokenLearningRate = training.TokenLearningRate ?? (isOurs ? model.TokenLearningRate : null),
            Schedule = training.Schedule ?? own.Schedule ?? LearningRateSchedule.Constant,
            WeightDecay = training.WeightDecay,
            Rank = training.Rank,
            Alpha = training.Alpha ?? training.Rank,
            CrossAttentionOnly = training.Targets == LoraTargets.Cross,
            MoreTargets = training.MoreTargets.ToModules(),
            Dora = training.Dora,
            Resolution = training.Resolution ?? model.Resolution ?? Defaults.Resolution,
            Augment = training.Augment ?? (way.TakesAugmentations() && own.Augment is { } words ? AugmentationWords.Read(words) : null) ?? Augmentations.None,
            PromptTemplate = model.PromptTemplate ?? Defaults.PromptTemplate,
            CheckpointEvery = training.CheckpointEvery,
            PreviewEvery = training.PreviewEvery ?? Defaults.PreviewEvery,
            FanOut = training.FanOut.Mode,
            FanOutPeriod = training.FanOut.Period,
            MicroBatch = training.MicroBatch,
            // What DreamBooth trains are the weights themselves.
            Precision = isDreambooth ? Precision.Fp32 : training.Precision,
            Device = training.Device,
            Prompts = samples.Prompts,
            SamplesPerPrompt = samples.PerPrompt,
            Scheduler = samples.Scheduler,
            SamplingSteps = samples.Steps ?? model.SamplingSteps ?? Defaults.SamplingSteps,
            GuidanceScale = samples.GuidanceScale ?? model.GuidanceScale ?? Defaults.GuidanceScale,
            PersonalizationGuidance = samples.PersonalizationGuidance is null or 1 ? null : samples.PersonalizationGuidance,
        };
    }
}
