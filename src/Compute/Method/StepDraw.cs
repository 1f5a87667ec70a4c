using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>All that is random in one training step.</summary>
/// <param name="Latents">z: a sample of the posterior times the scaling factor, (1, 4, h, w).</param>
/// <param name="Noise">eps, the same for every term, (1, 4, h, w).</param>
/// <param name="Timestep">t, 0 to 999.</param>
/// <param name="AlphaBar">abar_t.</param>
/// <param name="Subset">S: the objects drawn.</param>
/// <param name="P">p of eq. 3.</param>
public sealed record StepDraw(Tensor Latents, Tensor Noise, long Timestep, float AlphaBar, IReadOnlyList<int> Subset, double P)
{
    /// <summary>
    /// z of the own view of every drawn object, by object, each (1, 4, h, w); null when the masked terms see <see cref="Latents"/> as the global term does.
    /// </summary>
    public IReadOnlyDictionary<int, Tensor>? ObjectLatents { get; init; }

    /// <summary>m_i at the size of the latents, (r, 1, h, w), where a step has masks of its own; null: the objective's.</summary>
    public Tensor? Masks { get; init; }

    /// <summary>Which of the method's training prompts is c.</summary>
    public int Prompt { get; init; }

    /// <summary>What DreamBooth's prior preservation sees; null without.</summary>
    public PriorDraw? Prior { get; init; }
}

/// <summary>A class picture's part of a step, with a noise and a timestep of its own.</summary>
/// <param name="Latents">z of the class picture, (1, 4, h, w).</param>
/// <param name="Noise">eps, (1, 4, h, w).</param>
/// <param name="Timestep">t, 0 to 999.</param>
/// <param name="AlphaBar">abar_t.</param>
public sealed record PriorDraw(Tensor Latents, Tensor Noise, long Timestep, float AlphaBar);
