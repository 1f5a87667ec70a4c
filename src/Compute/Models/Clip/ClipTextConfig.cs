using System.Text.Json.Serialization;
using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary><c>text_encoder/config.json</c>, or <c>text_config</c> of a CLIP, with transformers' defaults for absent fields.</summary>
public sealed record ClipTextConfig
{
    /// <summary>Rows of the token table.</summary>
    [JsonPropertyName("vocab_size")]
    public int VocabSize { get; init; } = 49408;

    /// <summary>Width of the states.</summary>
    [JsonPropertyName("hidden_size")]
    public int HiddenSize { get; init; } = 512;

    /// <summary>Width within the feed-forward networks.</summary>
    [JsonPropertyName("intermediate_size")]
    public int IntermediateSize { get; init; } = 2048;

    /// <summary>Number of layers.</summary>
    [JsonPropertyName("num_hidden_layers")]
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Number of heads.</summary>
    [JsonPropertyName("num_attention_heads")]
    public int NumAttentionHeads { get; init; } = 8;

    /// <summary>Longest text in tokens, start and end included.</summary>
    [JsonPropertyName("max_position_embeddings")]
    public int MaxPositionEmbeddings { get; init; } = 77;

    /// <summary>quick_gelu or gelu.</summary>
    [JsonPropertyName("hidden_act")]
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>Epsilon of the layer norms.</summary>
    [JsonPropertyName("layer_norm_eps")]
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>The end token's id as the file states it. SD 1.x says 2, which stands for "pool at the largest id"; the tokenizer knows the true one.</summary>
    [JsonPropertyName("eos_token_id")]
    public int EosTokenId { get; init; } = 49407;

    /// <summary>Reads and checks a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">The name used in messages.</param>
    /// <returns>The configuration, whose sizes fit each other.</returns>
    /// <exception cref="InvalidInputException">Missing, no JSON, an unsupported value, or a size outside its range; the message names the field.</exception>
    public static ClipTextConfig Read(string path, string shown = "text_encoder/config.json") => From(ConfigFile.Read(path, shown));

    internal static ClipTextConfig From(ConfigFile file)
    {
        file.Require("model_type", "clip_text_model", "clip");
        file.Require("hidden_act", ClipTower.Activations);
        var config = file.As<ClipTextConfig>();
        file.Within("vocab_size", config.VocabSize, 1, 1_000_000);
        file.Within("max_position_embeddings", config.MaxPositionEmbeddings, 3, 4096);
        ClipTower.CheckTower(file, config.HiddenSize, config.IntermediateSize, config.NumHiddenLayers, config.NumAttentionHeads, config.LayerNormEps);
        return config;
    }
}
