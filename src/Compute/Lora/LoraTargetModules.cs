namespace OrleansOneShot.Compute.Lora;

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

/// <summary>Tells the kinds of layers apart by their names.</summary>
internal static class LoraTargets
{
    private static readonly (LoraTargetModules Kind, string[] Ends)[] Kinds =
    [
        (LoraTargetModules.Self, [".attn1.to_q", ".attn1.to_k", ".attn1.to_v", ".attn1.to_out.0"]),
        (LoraTargetModules.Cross, [".attn2.to_q", ".attn2.to_k", ".attn2.to_v", ".attn2.to_out.0"]),
        (LoraTargetModules.FeedForward, [".ff.net.0.proj", ".ff.net.2"]),
        (LoraTargetModules.ProjectionIn, [".proj_in"]),
        (LoraTargetModules.ProjectionOut, [".proj_out"]),
        (LoraTargetModules.Convolutions, [".conv1", ".conv2", ".conv_shortcut", "samplers.0.conv"]),
        (LoraTargetModules.TimeProjections, [".time_emb_proj"]),
    ];

    /// <summary>Whether a layer is among the chosen kinds.</summary>
    /// <param name="targets">The kinds.</param>
    /// <param name="name">The layer's full name in the UNet.</param>
    public static bool Includes(this LoraTargetModules targets, string name) =>
        Kinds.Any(kind => targets.HasFlag(kind.Kind) && kind.Ends.Any(end => name.EndsWith(end, StringComparison.Ordinal)));
}
