using System.Text.Json.Serialization;

namespace OrleansOneShot.Recipe;

/// <summary>Which terms the training objective has.</summary>
public sealed record ObjectiveOptions
{
    /// <summary>What the model predicts.</summary>
    public PredictionType PredictionType { get; init; }

    /// <summary>How masked terms are averaged.</summary>
    public MaskNormalisation MaskNormalisation { get; init; }

    /// <summary>Object-specific loss (eq. 4, 5).</summary>
    public bool ObjectLoss { get; init; } = true;

    /// <summary>Class-characterizing regularization (eq. 3).</summary>
    public bool ClassLoss { get; init; } = true;

    /// <summary>alpha_cl of eq. 3.</summary>
    public double ClassLossAlpha { get; init; } = Defaults.ClassLossAlpha;

    /// <summary>p_cl of eq. 3: the share of the steps in which L_CL counts.</summary>
    public double ClassLossProbability { get; init; } = Defaults.ClassLossProbability;

    /// <summary>gamma of min-SNR weights, 0 or more; 0: terms of all timesteps weigh the same.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double MinSnrGamma { get; init; }
}

/// <summary>What a model predicts from a noisy sample (diffusers' <c>prediction_type</c>).</summary>
public enum PredictionType
{
    /// <summary>The noise eps (SD 1.x).</summary>
    Epsilon = 0,

    /// <summary>The velocity v = sqrt(abar) eps - sqrt(1 - abar) x0 (SD 2.x at 768).</summary>
    Velocity = 1,
}
