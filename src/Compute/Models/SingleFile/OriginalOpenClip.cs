using System.Globalization;
using System.Text.RegularExpressions;
using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Models.SingleFile;

/// <summary>
/// The text encoder's names in the original layout of Stable Diffusion 2.x: OpenCLIP's, whose attention keeps queries, keys and values in one matrix. The model
/// takes the states in front of the last block, so transformers' form has one layer less.
/// </summary>
internal static partial class OriginalOpenClip
{
    /// <summary>What its keys start with in a checkpoint.</summary>
    public const string Prefix = "cond_stage_model.model.";

    private static readonly (string Original, string Target)[] s_block =
    [
        ("ln_1.", "layer_norm1."),
        ("ln_2.", "layer_norm2."),
        ("attn.out_proj.", "self_attn.out_proj."),
        ("mlp.c_fc.", "mlp.fc1."),
        ("mlp.c_proj.", "mlp.fc2."),
        ("attn.q_", "self_attn.q_proj."),
        ("attn.k_", "self_attn.k_proj."),
        ("attn.v_", "self_attn.v_proj."),
    ];

    /// <summary>Shows every attention's joint matrix and bias as those of queries, keys and values, under names that <see cref="TargetOf"/> knows.</summary>
    /// <exception cref="InvalidInputException">One has a shape that can't be shared out.</exception>
    public static void SplitAttention(WeightSource source)
    {
        foreach (var key in source.Entries.Keys.Where(key => key.StartsWith(Prefix, StringComparison.Ordinal)).ToList())
        {
            if (JoinedPattern().Match(key) is { Success: true } match)
            {
                var (attention, kind) = (key[..match.Index], match.Groups["kind"].Value);
                source.SplitRows(key, $"{attention}.attn.q_{kind}", $"{attention}.attn.k_{kind}", $"{attention}.attn.v_{kind}");
            }
        }
    }

    /// <summary>transformers' name of a key, or null for what is of no use here.</summary>
    /// <param name="key">The original name, after <see cref="SplitAttention"/>.</param>
    /// <param name="layers">Layers of the text encoder's configuration; the block after the last of them is left out.</param>
    public static string? TargetOf(string key, int layers)
    {
        var own = key[Prefix.Length..];
        if (BlockPattern().Match(own) is { Success: true } match && int.TryParse(match.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture, out var layer))
        {
            var rest = own[match.Length..];
            var (original, target) = s_block.FirstOrDefault(pair => rest.StartsWith(pair.Original, StringComparison.Ordinal));
            return layer == layers ? null
                : original is null ? key
                : string.Create(CultureInfo.InvariantCulture, $"text_model.encoder.layers.{layer}.{target}{rest[original.Length..]}");
        }

        return own switch
        {
            "positional_embedding" => "text_model.embeddings.position_embedding.weight",
            "token_embedding.weight" => "text_model.embeddings.token_embedding.weight",
            "ln_final.weight" => "text_model.final_layer_norm.weight",
            "ln_final.bias" => "text_model.final_layer_norm.bias",
            // The way into the joint space, which Stable Diffusion doesn't go, and a mask that is always the same.
            "text_projection" or "text_projection.weight" or "logit_scale" or "attn_mask" => null,
            _ => key,
        };
    }

    [GeneratedRegex(@"\.attn\.in_proj_(?<kind>weight|bias)$")]
    private static partial Regex JoinedPattern();

    [GeneratedRegex(@"^transformer\.resblocks\.(?<layer>[0-9]{1,3})\.")]
    private static partial Regex BlockPattern();
}
