using System.Text.Json.Serialization;
using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Models.Dino;

/// <summary>
/// <c>config.json</c> of a DINO in transformers' layout: a <c>ViTModel</c> (model_type vit, such as facebook/dino-vits16) or a <c>Dinov2Model</c> (model_type
/// dinov2). Absent fields have transformers' defaults of that kind.
/// </summary>
public sealed record DinoConfig
{
    /// <summary>The first DINO: a plain vision transformer.</summary>
    internal const string First = "vit";

    /// <summary>DINOv2: layers that scale what they add.</summary>
    internal const string Second = "dinov2";

    private const int LargestPositions = 1 << 16;

    /// <summary>vit or dinov2.</summary>
    [JsonPropertyName("model_type")]
    public string ModelType { get; init; } = First;

    /// <summary>Width of the states.</summary>
    [JsonPropertyName("hidden_size")]
    public int HiddenSize { get; init; } = 768;

    /// <summary>Number of layers.</summary>
    [JsonPropertyName("num_hidden_layers")]
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Number of heads.</summary>
    [JsonPropertyName("num_attention_heads")]
    public int NumAttentionHeads { get; init; } = 12;

    /// <summary>Width within the feed-forward networks of a vit.</summary>
    [JsonPropertyName("intermediate_size")]
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>Width within the feed-forward networks of a dinov2, as a multiple of <see cref="HiddenSize"/>.</summary>
    [JsonPropertyName("mlp_ratio")]
    public double MlpRatio { get; init; } = 4;

    /// <summary>gelu, as every published DINO has, or quick_gelu.</summary>
    [JsonPropertyName("hidden_act")]
    public string HiddenAct { get; init; } = "gelu";

    /// <summary>Epsilon of the layer norms; null is the kind's default.</summary>
    [JsonPropertyName("layer_norm_eps")]
    public double? LayerNormEps { get; init; }

    /// <summary>Side of the square picture that the position table was made for, in pixels.</summary>
    [JsonPropertyName("image_size")]
    public int ImageSize { get; init; } = 224;

    /// <summary>Side of a square patch, in pixels; null is the kind's default.</summary>
    [JsonPropertyName("patch_size")]
    public int? GivenPatchSize { get; init; }

    /// <summary>Channels of the picture.</summary>
    [JsonPropertyName("num_channels")]
    public int NumChannels { get; init; } = 3;

    /// <summary>Whether queries, keys and values have a bias.</summary>
    [JsonPropertyName("qkv_bias")]
    public bool QkvBias { get; init; } = true;

    /// <summary>Whether it is a DINOv2.</summary>
    [JsonIgnore]
    public bool IsSecond => ModelType == Second;

    /// <summary>Side of a square patch, in pixels.</summary>
    [JsonIgnore]
    public int PatchSize => GivenPatchSize ?? (IsSecond ? 14 : 16);

    /// <summary>Epsilon of the layer norms.</summary>
    [JsonIgnore]
    public double Epsilon => LayerNormEps ?? (IsSecond ? 1e-6 : 1e-12);

    /// <summary>Width within the feed-forward networks.</summary>
    [JsonIgnore]
    public int Inner => IsSecond ? (int)(HiddenSize * MlpRatio) : IntermediateSize;

    /// <summary>Rows of the position table: the patches of a picture of <see cref="ImageSize"/>, and the class token in front of them.</summary>
    [JsonIgnore]
    public int Positions => (ImageSize / PatchSize * (ImageSize / PatchSize)) + 1;

    /// <summary>Reads and checks a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">The name used in messages.</param>
    /// <returns>The configuration, whose sizes fit each other.</returns>
    /// <exception cref="InvalidInputException">Missing, no JSON, an unsupported value, or a size outside its range; the message names the field.</exception>
    public static DinoConfig Read(string path, string shown = "dino/config.json")
    {
        const string Hint = "Use a DINO such as facebook/dino-vits16, facebook/dino-vitb16 or facebook/dinov2-small.";
        var file = ConfigFile.Read(path, shown);
        file.RequireOr(Hint, "model_type", First, Second);
        file.RequireOr(Hint, "hidden_act", "gelu", "quick_gelu");
        file.RequireOr(Hint, "use_swiglu_ffn", false);
        var config = file.As<DinoConfig>();
        file.Within("hidden_size", config.HiddenSize, 1, 16384);
        file.Within("num_hidden_layers", config.NumHiddenLayers, 1, 128);
        file.Within("num_attention_heads", config.NumAttentionHeads, 1, 256);
        file.Within("intermediate_size", config.IntermediateSize, 1, 65536);
        file.Within("mlp_ratio", config.MlpRatio, 1.0 / 64, 64);
        file.Within("layer_norm_eps", config.Epsilon, 1e-14, 1);
        file.Within("num_channels", config.NumChannels, 3, 3);
        file.Within("image_size", config.ImageSize, 1, 2048);
        file.Within("patch_size", config.PatchSize, 1, config.ImageSize);
        if (config.Positions > LargestPositions)
        {
            throw file.Invalid("patch_size", $"{config.PatchSize}", $"larger for an image_size of {config.ImageSize}");
        }

        return config.HiddenSize % config.NumAttentionHeads == 0 && config.Inner > 0
            ? config
            : throw file.Invalid("hidden_size", $"{config.HiddenSize}", $"a multiple of num_attention_heads ({config.NumAttentionHeads})");
    }
}
