namespace OrleansOneShot.Compute.Method;

/// <summary>Which terms the training objective has.</summary>
public sealed record ObjectiveOptions
{
    /// <summary>What the model predicts.</summary>
    public Schedulers.PredictionType PredictionType { get; init; }

    /// <summary>How masked terms are averaged.</summary>
    public MaskNormalisation MaskNormalisation { get; init; }

    /// <summary>Object-specific loss (eq. 4, 5).</summary>
    public bool ObjectLoss { get; init; } = true;

    /// <summary>Class-characterizing regularization (eq. 3).</summary>
    public bool ClassLoss { get; init; } = true;

    /// <summary>alpha_cl of eq. 3.</summary>
    public double ClassLossAlpha { get; init; } = 1;

    /// <summary>p_cl of eq. 3: the share of the steps in which L_CL counts.</summary>
    public double ClassLossProbability { get; init; } = 1;
}
