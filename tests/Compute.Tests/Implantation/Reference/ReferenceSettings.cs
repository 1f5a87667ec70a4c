using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Implantation.Reference;

/// <summary>The settings of a reference run; none of them is a default.</summary>
internal sealed record ReferenceSettings
{
    public required long Seed { get; init; }

    public int K { get; init; } = 1;

    public bool OwnViews { get; init; }

    public bool Area { get; init; }

    public bool CrossOnly { get; init; }

    public bool Cosine { get; init; }

    public bool RandomStart { get; init; }

    public int PrototypeSteps { get; init; }

    /// <summary>Weights of I(x), I(x_m) and T(c_c).</summary>
    public (double Image, double Masked, double Class) Fusion { get; init; } = (1.0 / 3, 1.0 / 3, 1.0 / 3);

    public double ClassAlpha { get; init; } = 0.7;

    public double ClassProbability { get; init; } = 1;

    public int Vectors { get; init; } = 2;

    public int Rank { get; init; } = 3;

    public double Alpha { get; init; } = 5;

    public double LearningRate { get; init; } = 4e-3;

    public double WeightDecay { get; init; } = 0.6;

    public int Steps { get; init; } = 3;

    public string Prompt { get; init; } = "a photo of <bb> and <cc> in the snow";

    /// <summary>The same, as the production code takes it.</summary>
    public ImplantationOptions ToOptions() =>
        new()
        {
            Name = "trace",
            Seed = Seed,
            Vectors = Vectors,
            SubsetSize = K,
            OwnViews = OwnViews,
            UsePrototype = PrototypeSteps > 0,
            Prototype = new PrototypeOptions
            {
                Steps = PrototypeSteps,
                LearningRate = 0.02,
                Fusion = new FusionWeights(Fusion.Image, Fusion.Masked, Fusion.Class),
            },
            RandomInitialisation = RandomStart,
            Objective = new ObjectiveOptions
            {
                MaskNormalisation = Area ? MaskNormalisation.Area : MaskNormalisation.Mean,
                ClassLossAlpha = ClassAlpha,
                ClassLossProbability = ClassProbability,
            },
            Steps = Steps,
            LearningRate = LearningRate,
            Schedule = Cosine ? LearningRateSchedule.Cosine : LearningRateSchedule.Constant,
            WeightDecay = WeightDecay,
            Rank = Rank,
            Alpha = Alpha,
            CrossAttentionOnly = CrossOnly,
            Resolution = ReferenceScene.Side,
            PromptTemplate = "the photo of {} here",
            CheckpointEvery = 2,
            Precision = Precision.Fp32,
            Device = "cpu",
            Prompts = [Prompt],
            SamplesPerPrompt = 2,
            Scheduler = "ddim",
            SamplingSteps = 4,
            GuidanceScale = 3,
        };
}
