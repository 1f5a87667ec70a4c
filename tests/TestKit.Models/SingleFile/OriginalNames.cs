namespace OrleansOneShot.TestKit.Models.SingleFile;

/// <summary>
/// Diffusers' names to the original layout's, as the published script convert_diffusers_to_original_stable_diffusion does it: replacement of prefixes laid out
/// from the numbers of levels and layers. (The product goes the other way, from what it finds in a file.)
/// </summary>
public static class OriginalNames
{
    /// <summary>A name of the UNet.</summary>
    /// <param name="key">Diffusers' name.</param>
    /// <param name="levels">Its levels.</param>
    /// <param name="layers">Residual blocks a level on the way down.</param>
    /// <param name="attention">Which levels have attention, from the largest picture to the smallest.</param>
    public static string OfUNet(string key, int levels, int layers, bool[] attention)
    {
        List<(string Original, string Target)> map =
        [
            ("time_embed.0.", "time_embedding.linear_1."),
            ("time_embed.2.", "time_embedding.linear_2."),
            ("input_blocks.0.0.", "conv_in."),
            ("out.0.", "conv_norm_out."),
            ("out.2.", "conv_out."),
            ("middle_block.1.", "mid_block.attentions.0."),
            ("middle_block.0.", "mid_block.resnets.0."),
            ("middle_block.2.", "mid_block.resnets.1."),
        ];
        for (var i = 0; i < levels; i++)
        {
            var hasUpAttention = attention[levels - 1 - i];
            for (var j = 0; j < layers; j++)
            {
                map.Add(($"input_blocks.{((layers + 1) * i) + j + 1}.0.", $"down_blocks.{i}.resnets.{j}."));
                map.Add(($"input_blocks.{((layers + 1) * i) + j + 1}.1.", $"down_blocks.{i}.attentions.{j}."));
            }

            for (var j = 0; j <= layers; j++)
            {
                map.Add(($"output_blocks.{((layers + 1) * i) + j}.0.", $"up_blocks.{i}.resnets.{j}."));
                map.Add(($"output_blocks.{((layers + 1) * i) + j}.1.", $"up_blocks.{i}.attentions.{j}."));
            }

            map.Add(($"input_blocks.{(layers + 1) * (i + 1)}.0.op.", $"down_blocks.{i}.downsamplers.0.conv."));
            map.Add(($"output_blocks.{((layers + 1) * i) + layers}.{(hasUpAttention ? 2 : 1)}.", $"up_blocks.{i}.upsamplers.0."));
        }

        var (original, target) = map.Single(pair => key.StartsWith(pair.Target, StringComparison.Ordinal));
        var rest = key[target.Length..];
        if (target.Contains("resnets", StringComparison.Ordinal))
        {
            rest = rest.Replace("norm1.", "in_layers.0.", StringComparison.Ordinal)
                .Replace("conv1.", "in_layers.2.", StringComparison.Ordinal)
                .Replace("time_emb_proj.", "emb_layers.1.", StringComparison.Ordinal)
                .Replace("norm2.", "out_layers.0.", StringComparison.Ordinal)
                .Replace("conv2.", "out_layers.3.", StringComparison.Ordinal)
                .Replace("conv_shortcut.", "skip_connection.", StringComparison.Ordinal);
        }

        return $"model.diffusion_model.{original}{rest}";
    }

    /// <summary>A name of the VAE.</summary>
    /// <param name="key">Diffusers' name.</param>
    /// <param name="levels">Its levels.</param>
    public static string OfVae(string key, int levels)
    {
        for (var i = 0; i < levels; i++)
        {
            key = key.Replace($"encoder.down_blocks.{i}.resnets.", $"encoder.down.{i}.block.", StringComparison.Ordinal)
                .Replace($"down_blocks.{i}.downsamplers.0.", $"down.{i}.downsample.", StringComparison.Ordinal)
                .Replace($"up_blocks.{i}.upsamplers.0.", $"up.{levels - 1 - i}.upsample.", StringComparison.Ordinal)
                .Replace($"decoder.up_blocks.{i}.resnets.", $"decoder.up.{levels - 1 - i}.block.", StringComparison.Ordinal);
        }

        foreach (
            var (original, target) in ((string, string)[])
                [
                    ("nin_shortcut", "conv_shortcut"),
                    ("norm_out", "conv_norm_out"),
                    ("mid.attn_1.norm.", "mid_block.attentions.0.group_norm."),
                    ("mid.attn_1.q.", "mid_block.attentions.0.to_q."),
                    ("mid.attn_1.q.", "mid_block.attentions.0.query."),
                    ("mid.attn_1.k.", "mid_block.attentions.0.to_k."),
                    ("mid.attn_1.k.", "mid_block.attentions.0.key."),
                    ("mid.attn_1.v.", "mid_block.attentions.0.to_v."),
                    ("mid.attn_1.v.", "mid_block.attentions.0.value."),
                    ("mid.attn_1.proj_out.", "mid_block.attentions.0.to_out.0."),
                    ("mid.attn_1.proj_out.", "mid_block.attentions.0.proj_attn."),
                    ("mid.block_1.", "mid_block.resnets.0."),
                    ("mid.block_2.", "mid_block.resnets.1."),
                ]
        )
        {
            key = key.Replace(target, original, StringComparison.Ordinal);
        }

        return $"first_stage_model.{key}";
    }

    /// <summary>A name of Stable Diffusion 1.x' text encoder.</summary>
    /// <param name="key">Diffusers' name.</param>
    public static string OfTextEncoder(string key) => $"cond_stage_model.transformer.{key}";

    /// <summary>
    /// A name of Stable Diffusion 2.x' text encoder; those of queries, keys and values get the same name, that of the matrix which holds them in this order.
    /// </summary>
    public static string OfOpenClip(string key)
    {
        foreach (
            var (original, target) in ((string, string)[])
                [
                    ("token_embedding.weight", "text_model.embeddings.token_embedding.weight"),
                    ("positional_embedding", "text_model.embeddings.position_embedding.weight"),
                    ("ln_final", "text_model.final_layer_norm"),
                    ("transformer.resblocks.", "text_model.encoder.layers."),
                    ("ln_1", "layer_norm1"),
                    ("ln_2", "layer_norm2"),
                    (".c_fc.", ".fc1."),
                    (".c_proj.", ".fc2."),
                    (".attn", ".self_attn"),
                    ("in_proj_", "q_proj."),
                    ("in_proj_", "k_proj."),
                    ("in_proj_", "v_proj."),
                ]
        )
        {
            key = key.Replace(target, original, StringComparison.Ordinal);
        }

        return $"cond_stage_model.model.{key}";
    }
}
