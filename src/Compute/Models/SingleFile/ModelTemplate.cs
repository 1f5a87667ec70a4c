using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Common;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Models.SingleFile;

/// <summary>
/// What a single file lacks of a folder: configurations, scheduler and tokenizer. Those of Stable Diffusion 1.x and 2.x are part of this program.
/// </summary>
internal static class ModelTemplate
{
    private const string Scheduler = "scheduler/scheduler_config.json";
    private const string UNet = "unet/config.json";
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    private static readonly string[] s_needed =
    [
        "model_index.json",
        UNet,
        "vae/config.json",
        "text_encoder/config.json",
        Scheduler,
        "tokenizer/vocab.json",
        "tokenizer/merges.txt",
    ];

    private static readonly string[] s_optional = ["tokenizer/special_tokens_map.json", "tokenizer/tokenizer_config.json", "oneshot.json"];

    /// <summary>Writes the files of a family into a folder.</summary>
    /// <param name="family">The family.</param>
    /// <param name="prediction">What the model predicts; Stable Diffusion 2.x was trained on pictures of 768 pixels for v and of 512 for noise.</param>
    /// <param name="folder">The folder.</param>
    public static void Write(CheckpointFamily family, PredictionType prediction, string folder)
    {
        // The second version has the first one's VAE and vocabulary; its own files come after and replace the rest.
        WriteResources(CheckpointFamily.StableDiffusion1.Resources, folder);
        if (family == CheckpointFamily.StableDiffusion2)
        {
            WriteResources(family.Resources, folder);
            Set(folder, UNet, "sample_size", prediction == PredictionType.Velocity ? 96 : 64);
        }

        if (family == CheckpointFamily.StableDiffusion2 || prediction != PredictionType.Epsilon)
        {
            Set(folder, Scheduler, "prediction_type", prediction == PredictionType.Velocity ? "v_prediction" : "epsilon");
        }
    }

    /// <summary>Copies the files of a diffusers folder.</summary>
    /// <exception cref="InvalidInputException">One is missing.</exception>
    public static void CopyFrom(string template, string folder)
    {
        foreach (var name in s_needed.Concat(s_optional))
        {
            var from = Path.Combine(template, name);
            if (LinkedFile.Find(from) is not null)
            {
                File.Copy(from, Prepared(folder, name), overwrite: true);
            }
            else if (s_needed.Contains(name))
            {
                throw new InvalidInputException(
                    $"The folder {template} lacks {name}.",
                    "config",
                    "Name a diffusers folder of a model with the same sizes; its weights are not needed."
                );
            }
        }
    }

    private static void WriteResources(string resources, string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(resources, StringComparison.Ordinal)))
        {
            using var content = assembly.GetManifestResourceStream(name)!;
            using var file = File.Create(Prepared(folder, name[resources.Length..]));
            content.CopyTo(file);
        }
    }

    private static void Set(string folder, string name, string field, JsonNode value)
    {
        var path = Path.Combine(folder, name);
        var json = JsonObject.Create(StrictJson.Parse(File.ReadAllBytes(path)))!;
        json[field] = value;
        File.WriteAllText(path, json.ToJsonString(s_indented));
    }

    private static string Prepared(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }
}
