namespace OrleansOneShot.Recipe;

/// <summary>Which layers of a UNet carry LoRA.</summary>
[Flags]
public enum LoraTargetModules
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Self-attention (<c>attn1</c>): <c>to_q</c>, <c>to_k</c>, <c>to_v</c> and <c>to_out.0</c>.</summary>
    Self = 1,

    /// <summary>Cross-attention (<c>attn2</c>): the same four.</summary>
    Cross = 2,

    /// <summary>Self- and cross-attention.</summary>
    Attention = Self | Cross,

    /// <summary>The transformers' feed-forward networks: <c>ff.net.0.proj</c> and <c>ff.net.2</c>.</summary>
    FeedForward = 4,

    /// <summary>The transformers' <c>proj_in</c>.</summary>
    ProjectionIn = 8,

    /// <summary>The transformers' <c>proj_out</c>.</summary>
    ProjectionOut = 16,

    /// <summary>Convolutions of the resnets (<c>conv1</c>, <c>conv2</c>, <c>conv_shortcut</c>) and of the samplers (<c>conv</c>).</summary>
    Convolutions = 32,

    /// <summary>The resnets' <c>time_emb_proj</c>.</summary>
    TimeProjections = 64,
}

/// <summary>Choices of users as kinds of layers.</summary>
public static class LoraTargetChoices
{
    /// <summary>The kinds of layers of a choice.</summary>
    /// <param name="more">What carries LoRA besides attention.</param>
    public static LoraTargetModules ToModules(this MoreLoraTargets more) =>
        (more.HasFlag(MoreLoraTargets.FeedForward) ? LoraTargetModules.FeedForward : 0)
        | (more.HasFlag(MoreLoraTargets.ProjectionIn) ? LoraTargetModules.ProjectionIn : 0)
        | (more.HasFlag(MoreLoraTargets.ProjectionOut) ? LoraTargetModules.ProjectionOut : 0)
        | (more.HasFlag(MoreLoraTargets.Convolutions) ? LoraTargetModules.Convolutions : 0)
        | (more.HasFlag(MoreLoraTargets.TimeProjections) ? LoraTargetModules.TimeProjections : 0);
}
