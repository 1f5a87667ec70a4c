using System.Reflection;

namespace OrleansOneShot.Compute.Models.SingleFile;

/// <summary>What a single file lacks of a folder: configurations, scheduler and tokenizer. Those of Stable Diffusion 1.x are part of this program.</summary>
internal static class ModelTemplate
{
    private const string Resources = "StableDiffusion1/";

    private static readonly string[] Needed =
    [
        "model_index.json", "unet/config.json", "vae/config.json", "text_encoder/config.json", "scheduler/scheduler_config.json", "tokenizer/vocab.json", "tokenizer/merges.txt",
    ];

    private static readonly string[] Optional = ["tokenizer/special_tokens_map.json", "tokenizer/tokenizer_config.json", "oneshot.json"];

    /// <summary>Writes the files of Stable Diffusion 1.x into a folder.</summary>
    public static void WriteStableDiffusion1(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Resources, StringComparison.Ordinal)))
        {
            using var content = assembly.GetManifestResourceStream(name)!;
            using var file = File.Create(Prepared(folder, name[Resources.Length..]));
            content.CopyTo(file);
        }
    }

    /// <summary>Copies the files of a diffusers folder.</summary>
    /// <exception cref="InvalidInputException">One is missing.</exception>
    public static void CopyFrom(string template, string folder)
    {
        foreach (var name in Needed.Concat(Optional))
        {
            var from = Path.Combine(template, name);
            if (File.Exists(from))
            {
                File.Copy(from, Prepared(folder, name), overwrite: true);
            }
            else if (Needed.Contains(name))
            {
                throw new InvalidInputException($"The folder {template} lacks {name}.", "config", "Name a diffusers folder of a model with the same sizes; its weights are not needed.");
            }
        }
    }

    private static string Prepared(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }
}
