using OrleansOneShot.Compute.Models.Layers;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// Finds a model's layers by whatever LoRA files call them. Names are compared with underscores for dots, which kohya's form has and the others lose nothing
/// by.
/// </summary>
internal sealed class KohyaLayerNames
{
    // transformers' names of a text encoder's projections by those that diffusers' first versions had.
    private static readonly (string Old, string Name)[] s_oldProjections =
    [
        ("_self_attn_to_q", "_self_attn_q_proj"),
        ("_self_attn_to_k", "_self_attn_k_proj"),
        ("_self_attn_to_v", "_self_attn_v_proj"),
        ("_self_attn_to_out", "_self_attn_out_proj"),
    ];

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>Collects the names of layers.</summary>
    /// <param name="layers">A model's layers by full name.</param>
    public KohyaLayerNames(IReadOnlyDictionary<string, AdaptableLayer> layers)
    {
        Layers = layers;
        foreach (var name in layers.Keys)
        {
            _names.TryAdd(name.Replace('.', '_'), name);
        }

        foreach (var (original, name) in OriginalLayerNames.Of(layers.Keys))
        {
            _names.TryAdd(original, name);
        }
    }

    /// <summary>The layers by full name, in the model's order.</summary>
    public IReadOnlyDictionary<string, AdaptableLayer> Layers { get; }

    /// <summary>The full name of a layer.</summary>
    /// <param name="module">What a file calls it, with underscores for dots.</param>
    /// <returns>The name, or null when there is no such layer.</returns>
    public string? Find(string module)
    {
        // diffusers' attention processors held the LoRA; of their output projection the index is missing.
        var plain = module.Replace("_processor_", "_", StringComparison.Ordinal);
        return _names.GetValueOrDefault(module)
            ?? _names.GetValueOrDefault(plain)
            ?? _names.GetValueOrDefault(plain + "_0")
            ?? _names.GetValueOrDefault("text_model_" + plain)
            ?? (
                Array.Find(s_oldProjections, p => plain.EndsWith(p.Old, StringComparison.Ordinal)) is { Old: not null } old
                    ? _names.GetValueOrDefault(plain[..^old.Old.Length] + old.Name)
                    : null
            );
    }
}

/// <summary>
/// What a UNet's layers are called in the original layout (CompVis' <c>UNetModel</c>), in which some LoRA files name them, with underscores for dots.
/// </summary>
internal static class OriginalLayerNames
{
    private static readonly (string Name, string Original)[] s_resnet =
    [
        ("conv1", "in_layers_2"),
        ("time_emb_proj", "emb_layers_1"),
        ("conv2", "out_layers_3"),
        ("conv_shortcut", "skip_connection"),
    ];

    private static readonly (string Name, string Original)[] s_ends =
    [
        ("conv_in", "input_blocks_0_0"),
        ("time_embedding.linear_1", "time_embed_0"),
        ("time_embedding.linear_2", "time_embed_2"),
        ("conv_out", "out_2"),
    ];

    /// <summary>Original names beside diffusers' ones.</summary>
    /// <param name="names">The full names of a UNet's layers; of anything else nothing comes out.</param>
    public static IEnumerable<(string Original, string Name)> Of(IEnumerable<string> names)
    {
        string[] all = [.. names];
        var prefixes = Prefixes(all).ToArray();
        foreach (var name in all)
        {
            if (Array.Find(s_ends, e => e.Name == name) is { Name: not null } end)
            {
                yield return (end.Original, name);
            }
            else if (Array.Find(prefixes, p => name.StartsWith(p.Prefix, StringComparison.Ordinal)) is { Prefix: not null } prefix)
            {
                var rest = name[prefix.Prefix.Length..];
                var inner = Array.Find(s_resnet, r => r.Name == rest) is { Name: not null } resnet ? resnet.Original : rest.Replace('.', '_');
                yield return ($"{prefix.Original}_{inner}".TrimEnd('_'), name);
            }
        }
    }

    private static IEnumerable<(string Prefix, string Original)> Prefixes(string[] names)
    {
        bool Has(string prefix) => names.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));
        int Layers(string block) => Enumerable.Range(0, 64).TakeWhile(i => Has($"{block}.resnets.{i}.") || Has($"{block}.attentions.{i}.")).Count();

        yield return ("mid_block.resnets.0.", "middle_block_0");
        yield return ("mid_block.attentions.0.", "middle_block_1");
        yield return ("mid_block.resnets.1.", "middle_block_2");
        var n = 1;
        for (var level = 0; Has($"down_blocks.{level}."); level++)
        {
            for (var layer = 0; layer < Layers($"down_blocks.{level}"); layer++, n++)
            {
                yield return ($"down_blocks.{level}.resnets.{layer}.", $"input_blocks_{n}_0");
                yield return ($"down_blocks.{level}.attentions.{layer}.", $"input_blocks_{n}_1");
            }

            if (Has($"down_blocks.{level}.downsamplers.0."))
            {
                yield return ($"down_blocks.{level}.downsamplers.0.conv", $"input_blocks_{n++}_0_op");
            }
        }

        n = 0;
        for (var level = 0; Has($"up_blocks.{level}."); level++)
        {
            var layers = Layers($"up_blocks.{level}");
            for (var layer = 0; layer < layers; layer++, n++)
            {
                yield return ($"up_blocks.{level}.resnets.{layer}.", $"output_blocks_{n}_0");
                yield return ($"up_blocks.{level}.attentions.{layer}.", $"output_blocks_{n}_1");
            }

            // Behind the last layer's transformer, or in its place where the level has none.
            var place = Has($"up_blocks.{level}.attentions.") ? 2 : 1;
            yield return ($"up_blocks.{level}.upsamplers.0.conv", $"output_blocks_{n - 1}_{place}_conv");
        }
    }
}
