namespace OrleansOneShot.Contracts.Requests;

/// <summary>Options of the method (Lu, Xie and Guo 2024); the switches are for ablation.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.MethodOptions")]
public sealed record MethodOptions
{
    /// <summary>Prototypical embedding before training (eq. 2).</summary>
    [Id(0)]
    public bool Prototype { get; init; } = true;

    /// <summary>Class-characterizing regularization (eq. 3).</summary>
    [Id(1)]
    public bool ClassLoss { get; init; } = true;

    /// <summary>Object-specific loss (eq. 4, 5); without it only the global term trains.</summary>
    [Id(2)]
    public bool ObjectLoss { get; init; } = true;

    /// <summary>Learned vectors an object, 1 to 16; null: the model's default, else 4.</summary>
    [Id(3)]
    public int? Vectors { get; init; }

    /// <summary>k of eq. 5: objects drawn a step; null: 2, or all if there are fewer.</summary>
    [Id(4)]
    public int? SubsetSize { get; init; }

    /// <summary>Whether a masked term is divided by the mask's mean.</summary>
    [Id(5)]
    public MaskNormalisation MaskNormalisation { get; init; }

    /// <summary>How the three embeddings of theta_m are fused.</summary>
    [Id(6)]
    public PrototypeFusion Fusion { get; init; }

    /// <summary>Where the token vectors start.</summary>
    [Id(7)]
    public TokenInitialisation Initialisation { get; init; }

    /// <summary>alpha_cl of eq. 3, 0 to 10.</summary>
    [Id(8)]
    public double ClassLossAlpha { get; init; } = 1;

    /// <summary>p_cl of eq. 3, 0 to 1.</summary>
    [Id(9)]
    public double ClassLossProbability { get; init; } = 1;

    /// <summary>Learning rate of the prototypical embedding; null: the model's default, else 0.01.</summary>
    [Id(10)]
    public double? PrototypeLearningRate { get; init; }

    /// <summary>Most steps of the prototypical embedding; null: the model's default, else 300.</summary>
    [Id(11)]
    public int? PrototypeSteps { get; init; }

    /// <summary>What the masked terms of several objects see.</summary>
    [Id(12)]
    public ObjectView ObjectView { get; init; }
}
