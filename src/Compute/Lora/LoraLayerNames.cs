using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Lora;

/// <summary>Tells the kinds of layers apart by their names.</summary>
internal static class LoraLayerNames
{
    private static readonly (LoraTargetModules Kind, string[] Ends)[] s_kinds =
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
        s_kinds.Any(kind => targets.HasFlag(kind.Kind) && kind.Ends.Any(end => name.EndsWith(end, StringComparison.Ordinal)));
}
