using System.Text.Json.Serialization;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>
/// <c>unet/config.json</c> of Stable Diffusion 1.x and 2.x, with diffusers' defaults for absent fields. Fields that only other models use (SDXL's added
/// embeddings, class labels, ...) must be absent or at their neutral value.
/// </summary>
public sealed record UNetConfig
{
    internal const string CrossAttentionDown = "CrossAttnDownBlock2D";
    internal const string CrossAttentionUp = "CrossAttnUpBlock2D";

    /// <summary>Latent size the model was trained at, in latent pixels; null when the file does not say.</summary>
    [JsonPropertyName("sample_size")]
    public int? SampleSize { get; init; }

    /// <summary>Channels of the latents.</summary>
    [JsonPropertyName("in_channels")]
    public int InChannels { get; init; } = 4;

    /// <summary>Channels of the prediction.</summary>
    [JsonPropertyName("out_channels")]
    public int OutChannels { get; init; } = 4;

    /// <summary>Whether the cosines of the timestep come in front of the sines.</summary>
    [JsonPropertyName("flip_sin_to_cos")]
    public bool FlipSinToCos { get; init; } = true;

    /// <summary>Shift in the divisor of the timestep's frequencies.</summary>
    [JsonPropertyName("freq_shift")]
    public double FreqShift { get; init; }

    /// <summary>The levels on the way down: CrossAttnDownBlock2D or DownBlock2D.</summary>
    [JsonPropertyName("down_block_types")]
    public IReadOnlyList<string> DownBlockTypes { get; init; } = [CrossAttentionDown, CrossAttentionDown, CrossAttentionDown, "DownBlock2D"];

    /// <summary>The levels on the way up: CrossAttnUpBlock2D or UpBlock2D.</summary>
    [JsonPropertyName("up_block_types")]
    public IReadOnlyList<string> UpBlockTypes { get; init; } = ["UpBlock2D", CrossAttentionUp, CrossAttentionUp, CrossAttentionUp];

    /// <summary>Channels of each level, highest first.</summary>
    [JsonPropertyName("block_out_channels")]
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [320, 640, 1280, 1280];

    /// <summary>Resnets of each level on the way down: one number for all or one each.</summary>
    [JsonPropertyName("layers_per_block")]
    [JsonConverter(typeof(IntOrListConverter))]
    public IReadOnlyList<int> LayersPerBlock { get; init; } = [2];

    /// <summary>Blocks of each transformer: one number for all levels or one each.</summary>
    [JsonPropertyName("transformer_layers_per_block")]
    [JsonConverter(typeof(IntOrListConverter))]
    public IReadOnlyList<int> TransformerLayersPerBlock { get; init; } = [1];

    /// <summary>The NUMBER of heads, whatever its name says (a slip that diffusers keeps for old files): one number for all levels or one each.</summary>
    [JsonPropertyName("attention_head_dim")]
    [JsonConverter(typeof(IntOrListConverter))]
    public IReadOnlyList<int> AttentionHeadDim { get; init; } = [8];

    /// <summary>Groups of the group norms.</summary>
    [JsonPropertyName("norm_num_groups")]
    public int NormNumGroups { get; init; } = 32;

    /// <summary>Epsilon of the resnets' norms.</summary>
    [JsonPropertyName("norm_eps")]
    public double NormEps { get; init; } = 1e-5;

    /// <summary>Size of the text states.</summary>
    [JsonPropertyName("cross_attention_dim")]
    public int CrossAttentionDim { get; init; } = 1280;

    /// <summary>Whether the transformers' projections are linear layers (SD 2.x) or 1x1 convolutions (SD 1.x).</summary>
    [JsonPropertyName("use_linear_projection")]
    public bool UseLinearProjection { get; init; }

    /// <summary>Size of the time embedding.</summary>
    [JsonIgnore]
    public int TimeEmbeddingSize => 4 * BlockOutChannels[0];

    /// <summary>Reads and checks a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">The name used in messages.</param>
    /// <returns>The configuration, whose sizes fit each other.</returns>
    /// <exception cref="InvalidInputException">Missing, no JSON, an unsupported value, or a size outside its range; the message names the field.</exception>
    public static UNetConfig Read(string path, string shown = "unet/config.json")
    {
        var file = ConfigFile.Read(path, shown);
        RefuseUnsupported(file);
        var config = file.As<UNetConfig>();
        config.Check(file);
        return config;
    }

    /// <summary>The levels on the way down, highest first.</summary>
    internal IReadOnlyList<UNetLevel> Levels() =>
        [
            .. BlockOutChannels.Select(
                (channels, i) =>
                    new UNetLevel(
                        this,
                        DownBlockTypes[i] == CrossAttentionDown,
                        channels,
                        At(LayersPerBlock, i),
                        At(AttentionHeadDim, i),
                        At(TransformerLayersPerBlock, i)
                    )
            ),
        ];

    private static int At(IReadOnlyList<int> values, int level) => values.Count == 1 ? values[0] : values[level];

    private static void RefuseUnsupported(ConfigFile file)
    {
        file.Require("_class_name", "UNet2DConditionModel");
        file.Require("act_fn", "silu", "swish");
        file.Require("addition_embed_type", (object?)null);
        file.Require("attention_type", "default");
        file.Require("center_input_sample", false);
        file.Require("class_embed_type", (object?)null);
        file.Require("conv_in_kernel", 3);
        file.Require("conv_out_kernel", 3);
        file.Require("cross_attention_norm", (object?)null);
        file.Require("downsample_padding", 1);
        file.Require("dropout", 0);
        file.Require("dual_cross_attention", false);
        file.Require("encoder_hid_dim", (object?)null);
        file.Require("encoder_hid_dim_type", (object?)null);
        file.Require("mid_block_only_cross_attention", null, false);
        file.Require("mid_block_scale_factor", 1);
        file.Require("mid_block_type", "UNetMidBlock2DCrossAttn");
        file.Require("num_attention_heads", (object?)null);
        file.Require("num_class_embeds", (object?)null);
        file.Require("only_cross_attention", false);
        file.Require("resnet_out_scale_factor", 1);
        file.Require("resnet_skip_time_act", false);
        file.Require("resnet_time_scale_shift", "default");
        file.Require("reverse_transformer_layers_per_block", (object?)null);
        file.Require("time_cond_proj_dim", (object?)null);
        file.Require("time_embedding_act_fn", (object?)null);
        file.Require("time_embedding_dim", (object?)null);
        file.Require("time_embedding_type", "positional");
        file.Require("timestep_post_act", (object?)null);
    }

    private void Check(ConfigFile file)
    {
        var count = BlockOutChannels.Count;
        file.Within("block_out_channels (count)", count, 1, 8);
        CheckTypes(file, "down_block_types", DownBlockTypes, CrossAttentionDown, "DownBlock2D");
        CheckTypes(file, "up_block_types", UpBlockTypes, CrossAttentionUp, "UpBlock2D");
        file.Within("in_channels", InChannels, 1, 64);
        file.Within("out_channels", OutChannels, 1, 64);
        file.Within("freq_shift", FreqShift, 0, 1);
        file.Within("norm_num_groups", NormNumGroups, 1, 1024);
        file.Within("norm_eps", NormEps, 1e-12, 1);
        file.Within("cross_attention_dim", CrossAttentionDim, 1, 16384);
        file.Within("sample_size", SampleSize ?? 1, 1, 1024);
        CheckList(file, "layers_per_block", LayersPerBlock, 16);
        CheckList(file, "transformer_layers_per_block", TransformerLayersPerBlock, 32);
        CheckList(file, "attention_head_dim", AttentionHeadDim, 256);
        for (var i = 0; i < count; i++)
        {
            var channels = BlockOutChannels[i];
            file.Within("block_out_channels", channels, 2, 8192);
            if (channels % NormNumGroups != 0 || channels % At(AttentionHeadDim, i) != 0 || channels % 2 != 0)
            {
                throw file.Invalid(
                    "block_out_channels",
                    $"{channels}",
                    $"even and a multiple of norm_num_groups ({NormNumGroups}) and of the number of heads ({At(AttentionHeadDim, i)})"
                );
            }
        }
    }

    private void CheckTypes(ConfigFile file, string field, IReadOnlyList<string> types, params string[] supported)
    {
        if (types.Count != BlockOutChannels.Count)
        {
            throw file.Invalid(field, $"{types.Count} entries", $"as long as block_out_channels ({BlockOutChannels.Count})");
        }

        if (types.FirstOrDefault(t => !supported.Contains(t)) is { } other)
        {
            throw file.Invalid(field, other, Wording.List(supported, " or "));
        }
    }

    private void CheckList(ConfigFile file, string field, IReadOnlyList<int> values, int maximum)
    {
        if (values.Count != 1 && values.Count != BlockOutChannels.Count)
        {
            throw file.Invalid(field, $"{values.Count} numbers", $"one number, or one for each of the {BlockOutChannels.Count} blocks");
        }

        foreach (var value in values)
        {
            file.Within(field, value, 1, maximum);
        }
    }
}
