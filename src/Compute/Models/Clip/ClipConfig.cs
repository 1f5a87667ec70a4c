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
