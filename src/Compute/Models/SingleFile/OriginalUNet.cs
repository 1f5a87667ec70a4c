namespace OrleansOneShot.Compute.Models.SingleFile;

/// <summary>
/// The UNet's names in the original layout (CompVis' <c>UNetModel</c>): blocks numbered through, with the level that each belongs to told by where a down- or
/// upsampling ends it. Works for any number of levels and layers.
/// </summary>
internal static class OriginalUNet
{
    /// <summary>What its keys start with in a checkpoint.</summary>
    public const string Prefix = "model.diffusion_model.";

    private static readonly (string Original, string Target)[] s_ends =
    [
        ("time_embed.0.", "time_embedding.linear_1."),
        ("time_embed.2.", "time_embedding.linear_2."),
        ("input_blocks.0.0.", "conv_in."),
        ("out.0.", "conv_norm_out."),
        ("out.2.", "conv_out."),
        ("middle_block.1.", "mid_block.attentions.0."),
    ];

    private static readonly (string Original, string Target)[] s_resnet =
    [
        ("in_layers.0.", "norm1."),
        ("in_layers.2.", "conv1."),
        ("emb_layers.1.", "time_emb_proj."),
        ("out_layers.0.", "norm2."),
        ("out_layers.3.", "conv2."),
        ("skip_connection.", "conv_shortcut."),
    ];

    /// <summary>Diffusers' names.</summary>
    /// <param name="keys">The original names, with or without other parts' keys.</param>
    /// <returns>Target by original name, both whole; names that the layout doesn't know are left out.</returns>
    public static IReadOnlyDictionary<string, string> TargetsOf(IEnumerable<string> keys)
    {
        string[] own = [.. keys.Where(key => key.StartsWith(Prefix, StringComparison.Ordinal)).Select(key => key[Prefix.Length..])];
        var prefixes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (original, target) in s_ends)
        {
            prefixes.Add(original, target);
        }

        var modules = own.Select(ModuleOf).OfType<string>().ToHashSet(StringComparer.Ordinal);
        AddResnet(prefixes, "middle_block.0.", "mid_block.resnets.0.");
        AddResnet(prefixes, "middle_block.2.", "mid_block.resnets.1.");
        AddDown(prefixes, modules);
        AddUp(prefixes, modules);
        return own.Select(key => (key, prefix: LongestPrefix(prefixes, key)))
            .Where(pair => pair.prefix is not null)
            .ToDictionary(pair => Prefix + pair.key, pair => prefixes[pair.prefix!] + pair.key[pair.prefix!.Length..], StringComparer.Ordinal);
    }

    // Four parts tell what stands where: input_blocks.3.0.op, output_blocks.2.1.conv, input_blocks.1.0.in_layers.
    private static string? ModuleOf(string key)
    {
        var parts = key.Split('.', 5);
        return parts.Length == 5 ? string.Join('.', parts[..4]) : null;
    }

    private static void AddDown(Dictionary<string, string> prefixes, HashSet<string> modules)
    {
        var (level, layer) = (0, 0);
        for (var n = 1; ; n++)
        {
            if (modules.Contains($"input_blocks.{n}.0.op"))
            {
                prefixes.Add($"input_blocks.{n}.0.op.", $"down_blocks.{level}.downsamplers.0.conv.");
                (level, layer) = (level + 1, 0);
            }
            else if (modules.Contains($"input_blocks.{n}.0.in_layers"))
            {
                AddResnet(prefixes, $"input_blocks.{n}.0.", $"down_blocks.{level}.resnets.{layer}.");
                prefixes.Add($"input_blocks.{n}.1.", $"down_blocks.{level}.attentions.{layer}.");
                layer++;
            }
            else
            {
                return;
            }
        }
    }

    private static void AddUp(Dictionary<string, string> prefixes, HashSet<string> modules)
    {
        var (level, layer) = (0, 0);
        for (var n = 0; modules.Contains($"output_blocks.{n}.0.in_layers"); n++)
        {
            AddResnet(prefixes, $"output_blocks.{n}.0.", $"up_blocks.{level}.resnets.{layer}.");
            prefixes.Add($"output_blocks.{n}.1.", $"up_blocks.{level}.attentions.{layer}.");
            layer++;

            // Behind the transformer, or in its place where the level has none.
            foreach (var place in (int[])[1, 2])
            {
                if (modules.Contains($"output_blocks.{n}.{place}.conv"))
                {
                    prefixes.Add($"output_blocks.{n}.{place}.conv.", $"up_blocks.{level}.upsamplers.0.conv.");
                    (level, layer) = (level + 1, 0);
                    break;
                }
            }
        }
    }

    private static void AddResnet(Dictionary<string, string> prefixes, string original, string target)
    {
        foreach (var (from, to) in s_resnet)
        {
            prefixes.Add(original + from, target + to);
        }
    }

    private static string? LongestPrefix(Dictionary<string, string> prefixes, string key)
    {
        for (var dot = key.LastIndexOf('.'); dot > 0; dot = key.LastIndexOf('.', dot - 1))
        {
            if (prefixes.ContainsKey(key[..(dot + 1)]))
            {
                return key[..(dot + 1)];
            }
        }

        return null;
    }
}
