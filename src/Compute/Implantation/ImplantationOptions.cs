using System.Text.Json.Serialization;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>All options of an implantation, with the model's defaults already filled in.</summary>
public sealed record ImplantationOptions
{
    /// <summary>Name of the result; its files start with it.</summary>
    public required string Name { get; init; }

    /// <summary>Seed of everything that is drawn at random.</summary>
    public long Seed { get; init; }

    /// <summary>n: learned vectors an object, 1 to 16.</summary>
    public int Vectors { get; init; } = 4;

    /// <summary>k of eq. 5: objects drawn a step; more than there are means all.</summary>
    public int SubsetSize { get; init; } = 2;

    /// <summary>Of several objects: whether the masked terms see each a crop of its own object instead of the crop that holds all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OwnViews { get; init; }

    /// <summary>Whether the prototypical embedding (eq. 2) is learned before training.</summary>
    public bool UsePrototype { get; init; } = true;

    /// <summary>Settings of the prototypical embedding.</summary>
    public PrototypeOptions Prototype { get; init; } = new();

    /// <summary>Whether the vectors start at random instead of at the class name.</summary>
    public bool RandomInitialisation { get; init; }

    /// <summary>Terms of the objective.</summary>
    public ObjectiveOptions Objective { get; init; } = new();

    /// <summary>Training steps, at least 1.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>AdamW's learning rate.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>How the learning rate changes over the steps.</summary>
    public LearningRateSchedule Schedule { get; init; }

    /// <summary>AdamW's decoupled weight decay.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>LoRA's rank.</summary>
    public int Rank { get; init; } = 4;

    /// <summary>LoRA's alpha.</summary>
    public double Alpha { get; init; } = 4;

    /// <summary>Whether only cross-attention carries LoRA.</summary>
    public bool CrossAttentionOnly { get; init; }

    /// <summary>Layers that carry LoRA besides attention: feed-forward networks, projections, convolutions. (Left out of the JSON at its default, as <see cref="FanOut"/> is.)</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LoraTargetModules MoreTargets { get; init; }

    /// <summary>Side of the training crop in pixels.</summary>
    public int Resolution { get; init; } = 512;

    /// <summary>Training prompt; <c>{}</c> stands for the tokens.</summary>
    public string PromptTemplate { get; init; } = "a photo of {}";

    /// <summary>Where the terms of a step are evaluated. (Left out of the JSON at its default, so that checkpoints from before there was a choice keep their fingerprint.)</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public FanOutMode FanOut { get; init; }

    /// <summary>N of <see cref="FanOutMode.Periodic"/>: steps between two averages, at least 1; 0 for the other modes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int FanOutPeriod { get; init; }

    /// <summary>Terms of a step that share one forward and backward pass, at least 1; null: all, fewer where memory is short.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int? MicroBatch { get; init; }

    /// <summary>Steps between two checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 10;

    /// <summary>What the frozen weights compute in.</summary>
    public ComputePrecision Precision { get; init; }

    /// <summary>"auto", "cpu" or "cuda:N".</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Prompts of the samples; empty: each object alone and all together on a few scenes.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>Pictures a prompt.</summary>
    public int SamplesPerPrompt { get; init; } = 2;

    /// <summary>The samples' scheduler.</summary>
    public string Scheduler { get; init; } = "dpm++";

    /// <summary>The samples' steps.</summary>
    public int SamplingSteps { get; init; } = 25;

    /// <summary>The samples' guidance.</summary>
    public double GuidanceScale { get; init; } = 7.5;

    /// <summary>What the learning rate is multiplied with in a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <returns>0 to 1.</returns>
    internal double RateFactor(int step) => Schedule == LearningRateSchedule.Cosine ? 0.5 * (1 + Math.Cos(Math.PI * step / Steps)) : 1;
}
