using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace OrleansOneShot.Recipe;

/// <summary>Which method, and its options; the switches are for ablation. What goes with which method, <see cref="MethodRules"/> says.</summary>
public sealed record MethodOptions
{
    /// <summary>Prototypical embedding before training (eq. 2).</summary>
    [FieldNumber(0)]
    [Option("--no-prototype", "Start from the class's own vectors (ablation; needs no CLIP).")]
    public bool Prototype { get; init; } = true;

    /// <summary>Class-characterizing regularization (eq. 3).</summary>
    [FieldNumber(1)]
    [Option("--no-class-loss", "Without the class-characterizing loss (ablation; needs no CLIP).")]
    public bool ClassLoss { get; init; } = true;

    /// <summary>Object-specific loss (eq. 4, 5); without it only the global term trains.</summary>
    [FieldNumber(2)]
    [Option("--no-object-loss", "Without the object-specific loss (ablation).")]
    public bool ObjectLoss { get; init; } = true;

    /// <summary>Learned vectors an object; null: the model's default, else <see cref="Defaults.Vectors"/>.</summary>
    [FieldNumber(3), Range(1, 16)]
    [Option("--vectors", "Learned vectors of each identifier", Else = Defaults.Vectors)]
    public int? Vectors { get; init; }

    /// <summary>k of eq. 5: objects drawn a step; null: <see cref="Defaults.SubsetSize"/>, or all if there are fewer.</summary>
    [FieldNumber(4), Range(1, TextRules.Objects)]
    [Option("-k", "Objects drawn in each step", Otherwise = "{0}, or all if there are fewer", OtherwiseValue = Defaults.SubsetSize)]
    public int? SubsetSize { get; init; }

    /// <summary>Whether a masked term is divided by the mask's mean; null: the model's default, else it is not.</summary>
    [FieldNumber(5)]
    [Option("--mask-normalisation", "mean: as the paper; area: small objects weigh as much as large ones; auto is the model's default, else mean.")]
    public MaskNormalisation? MaskNormalisation { get; init; }

    /// <summary>How the three embeddings of theta_m are fused.</summary>
    [FieldNumber(6)]
    [Option("--fusion", "What the prototype is made of: picture, masked picture and class name alike, or one of them (ablation).")]
    public PrototypeFusion Fusion { get; init; }

    /// <summary>Where the token vectors start.</summary>
    [FieldNumber(7)]
    [Option("--initialisation", "Where the learned vectors start: at the class name's own, or in random directions (ablation).")]
    public TokenInitialisation Initialisation { get; init; }

    /// <summary>alpha_cl of eq. 3.</summary>
    [FieldNumber(8), Range(0.0, 10.0)]
    [Option("--alpha-cl", "Weight of the class-characterizing loss.")]
    public double ClassLossAlpha { get; init; } = Defaults.ClassLossAlpha;

    /// <summary>p_cl of eq. 3.</summary>
    [FieldNumber(9), Range(0.0, 1.0)]
    [Option("--p-cl", "Share of the steps in which the class-characterizing loss counts.")]
    public double ClassLossProbability { get; init; } = Defaults.ClassLossProbability;

    /// <summary>Learning rate of the prototypical embedding; null: the model's default, else <see cref="Defaults.PrototypeLearningRate"/>.</summary>
    [FieldNumber(10), Range(0.0, 10.0, MinimumIsExclusive = true)]
    [Option("--prototype-lr", "Learning rate of the prototype", Else = Defaults.PrototypeLearningRate)]
    public double? PrototypeLearningRate { get; init; }

    /// <summary>
    /// Most steps of the prototypical embedding, 0 keeps the starting vectors; null: the model's default, else <see cref="Defaults.PrototypeSteps"/>.
    /// </summary>
    [FieldNumber(11), Range(0, 100_000)]
    [Option("--prototype-steps", "Most steps of the prototype", Else = Defaults.PrototypeSteps)]
    public int? PrototypeSteps { get; init; }

    /// <summary>What the masked terms see.</summary>
    [FieldNumber(12)]
    [Option(
        "--object-view",
        "What the masked term of an object sees: the training crop, which holds all, as in the paper, or a crop of its own, which helps small ones of several. "
            + "Of an object that is alone, its own crop ends 25 % beyond it also where the training crop is the photo's whole short side."
    )]
    public ObjectView ObjectView { get; init; }

    /// <summary>The method. (Left out of request.json at its default, which earlier versions write.)</summary>
    [FieldNumber(13), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [Option(
        "--method",
        "How the object is taught: ours (LoRA, token vectors, prototype, object loss and class loss), plain lora, textual-inversion (token vectors alone) or "
            + "dreambooth (the whole UNet)."
    )]
    public TrainingMethod Name { get; init; }

    /// <summary>
    /// DreamBooth's class pictures, drawn by the frozen model; 0: no prior preservation; null: the model's default, else <see cref="Defaults.ClassPictures"/>.
    /// </summary>
    [FieldNumber(14), Range(0, 10_000), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Option(
        "--class-pictures",
        "DreamBooth's class pictures, which the frozen model draws; 0 trains without prior preservation",
        Else = Defaults.ClassPictures
    )]
    public int? ClassPictures { get; init; }

    /// <summary>Weight of DreamBooth's loss on class pictures; null: <see cref="Defaults.PriorWeight"/>.</summary>
    [FieldNumber(15), Range(0.0, 100.0), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Option("--prior-weight", "Weight of DreamBooth's loss on class pictures", Otherwise = "{0}", OtherwiseValue = Defaults.PriorWeight)]
    public double? PriorWeight { get; init; }

    /// <summary>
    /// How far the masks that the object loss sees are grown, as a part of the side of the crop that it sees; null: the model's default, else 0. (Left out of
    /// request.json where it is not given, as earlier versions write it.)
    /// </summary>
    [FieldNumber(20), Range(0.0, 0.25), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Option("--mask-dilate", "How far the masks of the object loss are grown, as a part of the training crop's side, such as 0.03", Else = Defaults.MaskEdge)]
    public double? MaskDilate { get; init; }

    /// <summary>
    /// How much the edges of the masks that the object loss sees are blurred: the Gaussian's standard deviation as a part of the side of the crop that it sees;
    /// null: the model's default, else 0. (Left out of request.json where it is not given, as earlier versions write it.)
    /// </summary>
    [FieldNumber(21), Range(0.0, 0.25), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Option(
        "--mask-feather",
        "How much the edges of the masks of the object loss are blurred, as a part of the training crop's side, such as 0.03",
        Else = Defaults.MaskEdge
    )]
    public double? MaskFeather { get; init; }

    /// <summary>
    /// How far the prototypical embedding may take the text states from the class's: 1 less their cosine; null: the model's default, else any distance. (Left
    /// out of request.json where it is not given, as earlier versions write it.)
    /// </summary>
    [FieldNumber(22), Range(0.0, 2.0, MinimumIsExclusive = true), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Option(
        "--prototype-distance",
        "Ends the prototype's search before its text states are farther from the class name's than this (1 less their cosine), such as 0.1",
        Otherwise = "the model's, else any distance"
    )]
    public double? PrototypeDistance { get; init; }
}

/// <summary>How a masked term is averaged.</summary>
public enum MaskNormalisation
{
    /// <summary>The mean over all elements, as diffusion trainers do.</summary>
    Mean = 0,

    /// <summary>Divided by the mean of the latent mask, so that a small object counts as much as a large one.</summary>
    Area = 1,
}

/// <summary>theta_m of eq. 2: which L2-normalised embeddings make the target.</summary>
public enum PrototypeFusion
{
    /// <summary>The mean of image, masked image and class name.</summary>
    Average = 0,

    /// <summary>The whole crop alone.</summary>
    Image = 1,

    /// <summary>The masked crop alone.</summary>
    MaskedImage = 2,

    /// <summary>The class name alone.</summary>
    Class = 3,
}

/// <summary>Where the learned vectors start.</summary>
public enum TokenInitialisation
{
    /// <summary>The class name's own token embeddings, repeated in order.</summary>
    Class = 0,

    /// <summary>Random directions at the vocabulary's mean norm.</summary>
    Random = 1,
}

/// <summary>What the masked term of an object sees.</summary>
public enum ObjectView
{
    /// <summary>The training crop that holds all objects, as in the paper.</summary>
    Shared = 0,

    /// <summary>A crop of its own around the object, so that small objects are learned at the size at which models draw one.</summary>
    Own = 1,
}
