using System.Text.Json.Serialization;
using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary><c>config.json</c> of a <c>CLIPModel</c>: two towers and the joint space.</summary>
public sealed record ClipConfig
{
    /// <summary>Size of the joint space.</summary>
    [JsonPropertyName("projection_dim")]
    public int ProjectionDim { get; init; } = 512;

    /// <summary>The text tower.</summary>
    [JsonIgnore]
    public ClipTextConfig Text { get; init; } = new();

    /// <summary>The vision tower.</summary>
    [JsonIgnore]
    public ClipVisionConfig Vision { get; init; } = new();

    /// <summary>Reads and checks a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">The name used in messages.</param>
    /// <returns>The configuration, whose sizes fit each other.</returns>
    /// <exception cref="InvalidInputException">Missing, no JSON, an unsupported value, or a size outside its range; the message names the field.</exception>
    public static ClipConfig Read(string path, string shown = "clip/config.json")
    {
        var file = ConfigFile.Read(path, shown);
        file.Require("model_type", "clip");
        var config = file.As<ClipConfig>() with
        {
            Text = ClipTextConfig.From(file.Section("text_config") ?? throw Lacks(file, "text_config")),
            Vision = ClipVisionConfig.From(file.Section("vision_config") ?? throw Lacks(file, "vision_config")),
        };
        file.Within("projection_dim", config.ProjectionDim, 1, 16384);
        return config;
    }

    private static InvalidInputException Lacks(ConfigFile file, string section) =>
        new(
            $"{file.Shown} lacks {section}, so it is no configuration of a whole CLIP with both towers.",
            file.Shown,
            "Point to a CLIPModel such as openai/clip-vit-large-patch14."
        );
}

/// <summary>Checks that both towers' configurations share.</summary>
internal static class ClipTower
{
    /// <summary>Activations that are implemented.</summary>
    public static object?[] Activations { get; } = ["quick_gelu", "gelu"];

    public static void CheckTower(ConfigFile file, int width, int inner, int layers, int heads, double eps)
    {
        file.Within("hidden_size", width, 1, 16384);
        file.Within("intermediate_size", inner, 1, 65536);
        file.Within("num_hidden_layers", layers, 1, 128);
        file.Within("num_attention_heads", heads, 1, 256);
        file.Within("layer_norm_eps", eps, 1e-12, 1);
        if (width % heads != 0)
        {
            throw file.Invalid("hidden_size", $"{width}", $"a multiple of num_attention_heads ({heads})");
        }
    }
}
