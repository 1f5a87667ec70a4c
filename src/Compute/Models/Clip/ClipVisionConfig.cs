using System.Text.Json.Serialization;
using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary><c>vision_config</c> of a CLIP, with transformers' defaults for absent fields.</summary>
public sealed record ClipVisionConfig
{
    /// <summary>Width of the states.</summary>
    [JsonPropertyName("hidden_size")]
    public int HiddenSize { get; init; } = 768;

    /// <summary>Width within the feed-forward networks.</summary>
    [JsonPropertyName("intermediate_size")]
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>Number of layers.</summary>
    [JsonPropertyName("num_hidden_layers")]
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Number of heads.</summary>
    [JsonPropertyName("num_attention_heads")]
    public int NumAttentionHeads { get; init; } = 12;

    /// <summary>Channels of the picture.</summary>
    [JsonPropertyName("num_channels")]
    public int NumChannels { get; init; } = 3;

    /// <summary>Side of the square picture, in pixels.</summary>
    [JsonPropertyName("image_size")]
    public int ImageSize { get; init; } = 224;

    /// <summary>Side of a square patch, in pixels.</summary>
    [JsonPropertyName("patch_size")]
    public int PatchSize { get; init; } = 32;

    /// <summary>quick_gelu or gelu.</summary>
    [JsonPropertyName("hidden_act")]
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>Epsilon of the layer norms.</summary>
    [JsonPropertyName("layer_norm_eps")]
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Number of positions: the patches and the class embedding in front of them.</summary>
    [JsonIgnore]
    public int Positions => (ImageSize / PatchSize * (ImageSize / PatchSize)) + 1;

    internal static ClipVisionConfig From(ConfigFile file)
    {
        file.Require("model_type", "clip_vision_model", "clip");
        file.Require("hidden_act", ClipTower.Activations);
        var config = file.As<ClipVisionConfig>();
        ClipTower.CheckTower(file, config.HiddenSize, config.IntermediateSize, config.NumHiddenLayers, config.NumAttentionHeads, config.LayerNormEps);
        file.Require("num_channels", 3);
        file.Within("image_size", config.ImageSize, 1, 2048);
        file.Within("patch_size", config.PatchSize, 1, config.ImageSize);
        return config;
    }
}
