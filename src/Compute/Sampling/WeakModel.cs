using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.UNet;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Sampling;

/// <summary>
/// The model as it was before it learned its objects, beside the one that draws. It knows no identifiers, so its prompts have class words in their place.
/// </summary>
/// <param name="unet">The UNet: the one that draws, or that of the base model where a trained one took its place.</param>
/// <param name="prompts">The text side, which encodes for this model alone.</param>
/// <param name="withClassWords">A prompt with class words in the place of identifiers.</param>
/// <param name="learned">What was learned and acts on the UNet or the text encoder; null: nothing does.</param>
public sealed class WeakModel(UNet2DConditionModel unet, PromptEncoder prompts, Func<string, string> withClassWords, ILearnedChange? learned)
{
    /// <summary>The states of a prompt with class words.</summary>
    /// <param name="prompt">The prompt, with identifiers.</param>
    /// <returns>(1, L, d); owned by the encoder.</returns>
    public Tensor Encode(string prompt)
    {
        using var without = learned?.Suspend();
        return prompts.Encode(withClassWords(prompt));
    }

    /// <summary>Whether it predicts as a UNet does as it is, so that both share a batch.</summary>
    /// <param name="drawing">The UNet that draws.</param>
    public bool IsOneWith(UNet2DConditionModel drawing) => learned is null && ReferenceEquals(unet, drawing);

    /// <summary>What it predicts.</summary>
    /// <param name="sample">Latents (B, 4, h, w).</param>
    /// <param name="timesteps">(1) or (B).</param>
    /// <param name="states">(B, L, d).</param>
    /// <returns>(B, 4, h, w), in what the UNet computes in.</returns>
    public Tensor Predict(Tensor sample, Tensor timesteps, Tensor states)
    {
        using var without = learned?.Suspend();
        return unet.call(sample, timesteps, states);
    }
}

/// <summary>
/// Guidance away from the frozen model: what the prompt predicts becomes eps_frozen + scale (eps_tuned - eps_frozen), before classifier-free guidance goes
/// from the negative prompt to it.
/// </summary>
/// <param name="Frozen">The frozen model.</param>
/// <param name="States">Its states of the prompt, (1, L, d).</param>
/// <param name="Scale">1 is the tuned model, 0 the frozen one, and more than 1 goes beyond what was learned.</param>
public sealed record PersonalizationGuidance(WeakModel Frozen, Tensor States, double Scale);
