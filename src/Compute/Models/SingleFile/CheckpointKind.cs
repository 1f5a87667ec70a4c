using OrleansOneShot.Common;
using OrleansOneShot.Compute.Safetensors;

namespace OrleansOneShot.Compute.Models.SingleFile;

/// <summary>Tells by its names and shapes what a file holds, and refuses by name what can't be converted.</summary>
internal static class CheckpointKind
{
    private const string Only = "Only whole checkpoints of Stable Diffusion 1.x and 2.x in the original layout can be converted.";

    /// <summary>Passes a whole checkpoint of Stable Diffusion 1.x or 2.x.</summary>
    /// <param name="shown">The file's name.</param>
    /// <param name="tensors">Its header.</param>
    /// <returns>Which of the two it is.</returns>
    /// <exception cref="InvalidInputException">It is something else; the message says what.</exception>
    public static CheckpointFamily Require(string shown, IReadOnlyDictionary<string, TensorEntry> tensors)
    {
        bool Has(string prefix) => tensors.Keys.Any(key => key.StartsWith(prefix, StringComparison.Ordinal));
        InvalidInputException Not(string what, string hint = Only) => new($"{shown} {what}.", "model", hint);

        if (
            tensors.Keys.Any(key =>
                key.Contains("lora_down.", StringComparison.Ordinal)
                || key.Contains(".lora_A.", StringComparison.Ordinal)
                || key.Contains(".lora.down.", StringComparison.Ordinal)
            )
        )
        {
            throw Not("is a LoRA, not a model", "Give it to generate with --lora.");
        }

        if (Has(OriginalUNet.Prefix + "label_emb.") && Has("cond_stage_model."))
        {
            throw Not("takes a picture or a noise level besides the text: an unCLIP or upscaling model, which is not supported");
        }

        if (Has("conditioner.embedders.") || Has(OriginalUNet.Prefix + "label_emb."))
        {
            throw Not("is a Stable Diffusion XL checkpoint, which is not supported");
        }

        if (Has(OriginalUNet.Prefix + "joint_blocks."))
        {
            throw Not("is a Stable Diffusion 3 checkpoint, which is not supported");
        }

        if (Has("double_blocks.") || Has(OriginalUNet.Prefix + "double_blocks."))
        {
            throw Not("is a Flux checkpoint, which is not supported");
        }

        if (Has("control_model."))
        {
            throw Not("is a ControlNet, not a model");
        }

        if (!Has(OriginalUNet.Prefix))
        {
            throw Not(
                Has("down_blocks.") || Has("unet.down_blocks.")
                    ? "holds one part of a model in diffusers' names, not a checkpoint in the original layout"
                    : "is no Stable Diffusion checkpoint: it has no tensor model.diffusion_model.*"
            );
        }

        if (!Has(OriginalVae.Prefix))
        {
            throw Not("has no VAE (first_stage_model.*)", "Take the variant of the file with everything in it.");
        }

        var families = (CheckpointFamily[])[CheckpointFamily.StableDiffusion1, CheckpointFamily.StableDiffusion2];
        if (families.FirstOrDefault(one => Has(one.TextPrefix)) is not { } family)
        {
            throw Not(
                $"has no text encoder ({Wording.List(families.Select(one => one.TextPrefix + "*"), " or ")})",
                "Take the variant of the file with everything in it."
            );
        }

        if (tensors.TryGetValue(OriginalUNet.Prefix + "input_blocks.0.0.weight", out var first) && first.Shape is [_, not 4, ..])
        {
            throw Not($"takes {first.Shape[1]} latent channels: an inpainting, depth or editing model, which is not supported");
        }

        return family;
    }
}

/// <summary>A kind of checkpoint that can be converted, told by its text encoder.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Resources">Where its own configurations lie among this program's resources.</param>
/// <param name="TextPrefix">What the text encoder's keys start with.</param>
internal sealed record CheckpointFamily(string Name, string Resources, string TextPrefix)
{
    /// <summary>Stable Diffusion 1.x, with OpenAI's CLIP in transformers' names.</summary>
    public static CheckpointFamily StableDiffusion1 { get; } = new("Stable Diffusion 1.x", "StableDiffusion1/", OriginalTextEncoder.Prefix);

    /// <summary>Stable Diffusion 2.x, with an OpenCLIP in its own names.</summary>
    public static CheckpointFamily StableDiffusion2 { get; } = new("Stable Diffusion 2.x", "StableDiffusion2/", OriginalOpenClip.Prefix);
}
