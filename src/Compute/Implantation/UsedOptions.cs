using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>All options as used, for the manifest.</summary>
internal static class UsedOptions
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Describes a run.</summary>
    /// <param name="options">The options.</param>
    /// <param name="models">The base model.</param>
    /// <param name="modelHash">Its hash.</param>
    /// <param name="preparation">The prepared job.</param>
    /// <param name="decision">How terms were evaluated.</param>
    public static JsonObject Describe(ImplantationOptions options, LoadedModels models, string modelHash, Preparation preparation, FanOutDecision decision) =>
        new()
        {
            ["model"] = new JsonObject
            {
                ["name"] = models.Folder.Name,
                ["sha256"] = modelHash,
                ["prediction_type"] = JsonSerializer.SerializeToNode(models.Scheduler.Prediction, s_json),
                ["element_type"] = models.UNet.ComputeType.ToString(),
                ["device"] = models.Device.ToString(),
            },
            ["photo"] = preparation.Crop.Description,
            ["options"] = Describe(options),
            ["fan_out"] = decision.Describe(),
        };

    /// <summary>Describes the options alone.</summary>
    /// <param name="options">The options.</param>
    public static JsonNode? Describe(ImplantationOptions options) => JsonSerializer.SerializeToNode(options, s_json);
}
