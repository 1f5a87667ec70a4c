using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace OrleansOneShot.Recipe;

/// <summary>Options of the fine-tuning.</summary>
public sealed record TrainingOptions
{
    /// <summary>Training steps; null: the model's default, else <see cref="Defaults.Steps"/>.</summary>
    [FieldNumber(0), Range(1, 100_000)]
    [Option("--steps", "Training steps", Else = Defaults.Steps)]
    public int? Steps { get; init; }

    /// <summary>AdamW's learning rate; null: the model's default, else <see cref="Defaults.LearningRate"/>.</summary>
    [FieldNumber(1), Range(0.0, 1.0, MinimumIsExclusive = true)]
    [Option("--lr", "Learning rate", Else = Defaults.LearningRate)]
    public double? LearningRate { get; init; }

    /// <summary>LoRA's rank.</summary>
    [FieldNumber(2), Range(1, 256)]
    [Option("--rank", "LoRA's rank.")]
    public int Rank { get; init; } = Defaults.Rank;

    /// <summary>LoRA's alpha; null: the rank.</summary>
    [FieldNumber(3), Range(0.0, 1_000_000.0, MinimumIsExclusive = true)]
    [Option("--alpha", "LoRA's alpha", Otherwise = "the rank")]
    public double? Alpha { get; init; }

    /// <summary>Which attention layers carry LoRA.</summary>
    [FieldNumber(4)]
    [Option(
        "--targets",
        "Layers that carry LoRA: all attention, or cross-attention alone; after commas also ff (feed-forward), proj_in, proj_out, conv (convolutions), "
            + "time_emb_proj. "
            + "transformer is attention,ff,proj_in,proj_out, what kohya's scripts train; all is everything.",
        Form = "attention|cross|transformer|all[,ff,...]"
    )]
    public LoraTargets Targets { get; init; }

    /// <summary>
    /// Side of the training crop in pixels, a multiple of the VAE's factor; null: the model's default, else <see cref="Defaults.Resolution"/>.
    /// </summary>
    [FieldNumber(5), Range(8, GenerationOptions.MaxSide)]
    [Option("--resolution", "Side of the training crop in pixels", Else = Defaults.Resolution)]
    public int? Resolution { get; init; }

    /// <summary>AdamW's decoupled weight decay.</summary>
    [FieldNumber(6), Range(0.0, 1.0)]
    [Option("--weight-decay", "AdamW's decoupled weight decay.")]
    public double WeightDecay { get; init; } = Defaults.WeightDecay;

    /// <summary>What the frozen weights compute in.</summary>
    [FieldNumber(7)]
    [Option("--precision", "What the frozen weights compute in; auto measures once which is faster on this machine.")]
    public Precision Precision { get; init; }

    /// <summary>What computes; one of <see cref="Devices"/>.</summary>
    [FieldNumber(8), DeviceName]
    [Option("--device", "auto, cpu or cuda:N.", Form = "DEVICE")]
    public string Device { get; init; } = Defaults.Device;

    /// <summary>Steps between two checkpoints.</summary>
    [FieldNumber(9), Range(1, int.MaxValue)]
    [Option("--checkpoint-every", "Steps between two checkpoints.")]
    public int CheckpointEvery { get; init; } = Defaults.CheckpointEvery;

    /// <summary>How the learning rate changes over the steps; null: the model's default, else constant.</summary>
    [FieldNumber(10)]
    [Option("--lr-schedule", "How the learning rate changes over the steps: auto is the model's default, else constant.")]
    public LearningRateSchedule? Schedule { get; init; }

    /// <summary>How steps are spread over silos.</summary>
    [FieldNumber(11)]
    [Option(
        "--fan-out",
        "Where the terms of a step are evaluated: on this job's slot, on several silos each step, or on each silo for N steps between averages of the weights "
            + "(another algorithm); auto measures, and takes local or synchronous.",
        Form = "auto|local|synchronous|periodic:N"
    )]
    public FanOutOptions FanOut { get; init; } = new();

    /// <summary>Terms that share one forward and backward pass; null: all of a step, fewer where memory is short.</summary>
    [FieldNumber(12), Range(1, 64)]
    [Option("--micro-batch", "Terms that share a forward and backward pass", Otherwise = "all of a step, fewer where memory is short")]
    public int? MicroBatch { get; init; }

    /// <summary>
    /// Layers that carry LoRA besides those of <see cref="Targets"/>, by the same option. (Left out of request.json at its default, which earlier versions
    /// write.)
    /// </summary>
    [FieldNumber(13), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public MoreLoraTargets MoreTargets { get; init; }

    /// <summary>
    /// Steps between two previews; 0: none are drawn; null: <see cref="Defaults.PreviewEvery"/>. It changes nothing of the weights. (Left out of request.json
    /// where it is not given, as earlier versions write it.)
    /// </summary>
    [FieldNumber(14), Range(0, 100_000), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Option(
        "--preview-every",
        "Steps between two previews, each a quick picture of the first prompt that takes about as long as a few steps; off draws none, and so does --samples 0",
        Otherwise = "{0}",
        OtherwiseValue = Defaults.PreviewEvery,
        ZeroWord = "off"
    )]
    public int? PreviewEvery { get; init; }

    /// <summary>
    /// AdamW's learning rate of the token vectors, which follows the same schedule; null: the model's default, else <see cref="LearningRate"/>. (Left out of
    /// request.json where it is not given, as earlier versions write it.)
    /// </summary>
    [FieldNumber(20), Range(0.0, 1.0, MinimumIsExclusive = true), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Option("--token-lr", "Learning rate of the token vectors", Otherwise = "the model's, else that of LoRA")]
    public double? TokenLearningRate { get; init; }

    /// <summary>
    /// gamma of min-SNR weights (Hang et al. 2023); 0: terms of all timesteps weigh the same; null: the model's default, else 0. (Left out of request.json
    /// where it is not given, as earlier versions write it.)
    /// </summary>
    [FieldNumber(21), Range(0.0, 1000.0), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Option(
        "--min-snr-gamma",
        "Weighs the denoising terms by min(SNR, gamma) / SNR of their timestep, so that timesteps of little noise count less; 5 is usual, 0 weighs all alike",
        Else = Defaults.MinSnrGamma
    )]
    public double? MinSnrGamma { get; init; }

    /// <summary>
    /// Whether LoRA is a DoRA (Liu et al. 2024): the changed weight's rows are brought to lengths that are learned beside A and B. (Left out of request.json
    /// at its default, which earlier versions write.)
    /// </summary>
    [FieldNumber(24), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [Option("--dora", "Train a DoRA: the lengths of the changed weights' rows are learned apart from their directions.")]
    public bool Dora { get; init; }

    /// <summary>
    /// How the photo is varied from step to step; null: the model's default, else not at all. (Left out of request.json where it is not given, as earlier
    /// versions write it.)
    /// </summary>
    [FieldNumber(22), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Option(
        "--augment",
        "How the photo is varied from step to step: flip shows its mirror image every other time, crop parts of 0.8 to 1 of the training crop's side that hold "
            + "the objects",
        Otherwise = "the model's, else none",
        Form = "none|flip|crop|flip,crop"
    )]
    public Augmentations? Augment { get; init; }
}

/// <summary>How the learning rate changes over the steps.</summary>
public enum LearningRateSchedule
{
    /// <summary>Not at all, as in the paper.</summary>
    Constant = 0,

    /// <summary>Down to zero along half a cosine, which takes the noise of single draws out of the last weights.</summary>
    Cosine = 1,
}

/// <summary>What frozen weights compute in; what trains is always float32.</summary>
public enum Precision
{
    /// <summary>Whatever is measured to be faster on the machine.</summary>
    Auto = 0,

    /// <summary>32-bit floats.</summary>
    Fp32 = 1,

    /// <summary>bfloat16.</summary>
    Bf16 = 2,
}

/// <summary>What precisions are called.</summary>
public static class Precisions
{
    /// <summary>The name on the command line and in pictures.</summary>
    /// <param name="precision">One that is settled: not <see cref="Precision.Auto"/>.</param>
    public static string Name(this Precision precision) => precision == Precision.Bf16 ? "bf16" : "fp32";
}

/// <summary>Which attention layers of the UNet carry LoRA.</summary>
public enum LoraTargets
{
    /// <summary>Self- and cross-attention.</summary>
    Attention = 0,

    /// <summary>Cross-attention alone, nearer to the paper's words.</summary>
    Cross = 1,
}

/// <summary>Which layers of the UNet carry LoRA besides attention; any of them together.</summary>
[Flags]
public enum MoreLoraTargets
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The transformers' feed-forward networks (<c>ff.net.0.proj</c>, <c>ff.net.2</c>).</summary>
    FeedForward = 1,

    /// <summary>The transformers' <c>proj_in</c>.</summary>
    ProjectionIn = 2,

    /// <summary>The transformers' <c>proj_out</c>.</summary>
    ProjectionOut = 4,

    /// <summary>Convolutions of the resnets (<c>conv1</c>, <c>conv2</c>, <c>conv_shortcut</c>) and of the samplers.</summary>
    Convolutions = 8,

    /// <summary>The resnets' <c>time_emb_proj</c>.</summary>
    TimeProjections = 16,
}
