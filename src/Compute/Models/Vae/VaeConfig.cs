using System.Text.Json.Serialization;
using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Models.Vae;

/// <summary><c>vae/config.json</c> of an <c>AutoencoderKL</c>, with diffusers' defaults for absent fields.</summary>
public sealed record VaeConfig
{
    /// <summary>Channels of the picture.</summary>
    [JsonPropertyName("in_channels")]
    public int InChannels { get; init; } = 3;

    /// <summary>Channels of the decoded picture.</summary>
    [JsonPropertyName("out_channels")]
    public int OutChannels { get; init; } = 3;

    /// <summary>The encoder's levels; all DownEncoderBlock2D.</summary>
    [JsonPropertyName("down_block_types")]
    public IReadOnlyList<string> DownBlockTypes { get; init; } = ["DownEncoderBlock2D"];

    /// <summary>The decoder's levels; all UpDecoderBlock2D.</summary>
    [JsonPropertyName("up_block_types")]
    public IReadOnlyList<string> UpBlockTypes { get; init; } = ["UpDecoderBlock2D"];

    /// <summary>Channels of each level, highest first.</summary>
    [JsonPropertyName("block_out_channels")]
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [64];

    /// <summary>Resnets of each level of the encoder; the decoder has one more.</summary>
    [JsonPropertyName("layers_per_block")]
    public int LayersPerBlock { get; init; } = 1;

    /// <summary>Channels of the latents.</summary>
    [JsonPropertyName("latent_channels")]
    public int LatentChannels { get; init; } = 4;

    /// <summary>Groups of the group norms.</summary>
    [JsonPropertyName("norm_num_groups")]
    public int NormNumGroups { get; init; } = 32;

    /// <summary>What latents are multiplied by before the UNet sees them. SD 1.5's file lacks it, so the default matters.</summary>
    [JsonPropertyName("scaling_factor")]
    public double ScalingFactor { get; init; } = 0.18215;

    /// <summary>Whether a 1x1 convolution follows the encoder.</summary>
    [JsonPropertyName("use_quant_conv")]
    public bool UseQuantConv { get; init; } = true;

    /// <summary>Whether a 1x1 convolution precedes the decoder.</summary>
    [JsonPropertyName("use_post_quant_conv")]
    public bool UsePostQuantConv { get; init; } = true;

    /// <summary>How many picture pixels one latent pixel stands for on each side: 2^(levels - 1), 8 for Stable Diffusion.</summary>
    [JsonIgnore]
    public int Factor => 1 << (BlockOutChannels.Count - 1);

    /// <summary>Reads and checks a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">The name used in messages.</param>
    /// <returns>The configuration, whose sizes fit each other.</returns>
    /// <exception cref="InvalidInputException">Missing, no JSON, an unsupported value, or a size outside its range; the message names the field.</exception>
    public static VaeConfig Read(string path, string shown = "vae/config.json")
    {
        var file = ConfigFile.Read(path, shown);
        file.Require("_class_name", "AutoencoderKL");
        file.Require("act_fn", "silu", "swish");
        file.Require("in_channels", 3);
        file.Require("out_channels", 3);
        file.Require("latents_mean", (object?)null);
        file.Require("latents_std", (object?)null);
        file.Require("mid_block_add_attention", true);
        file.Require("shift_factor", null, 0);
        var config = file.As<VaeConfig>();
        config.Check(file);
        return config;
    }

    private void Check(ConfigFile file)
    {
        file.Within("block_out_channels (count)", BlockOutChannels.Count, 1, 8);
        CheckTypes(file, "down_block_types", DownBlockTypes, "DownEncoderBlock2D");
        CheckTypes(file, "up_block_types", UpBlockTypes, "UpDecoderBlock2D");
        file.Within("layers_per_block", LayersPerBlock, 1, 16);
        file.Within("latent_channels", LatentChannels, 1, 64);
        file.Within("norm_num_groups", NormNumGroups, 1, 1024);
        file.Within("scaling_factor", ScalingFactor, 1e-6, 1e6);
        foreach (var channels in BlockOutChannels)
        {
            file.Within("block_out_channels", channels, 1, 8192);
            if (channels % NormNumGroups != 0)
            {
                throw file.Invalid("block_out_channels", $"{channels}", $"a multiple of norm_num_groups ({NormNumGroups})");
            }
        }
    }

    private void CheckTypes(ConfigFile file, string field, IReadOnlyList<string> types, string supported)
    {
        if (types.Count != BlockOutChannels.Count)
        {
            throw file.Invalid(field, $"{types.Count} entries", $"as long as block_out_channels ({BlockOutChannels.Count})");
        }

        if (types.FirstOrDefault(t => t != supported) is { } other)
        {
            throw file.Invalid(field, other, supported);
        }
    }
}
