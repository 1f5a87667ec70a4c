using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Schedulers;

/// <summary>
/// A sampler: it turns the model's outputs, one call after the other, into less and less noisy samples. An instance serves one picture batch at a time; call 0
/// starts anew. All arithmetic on samples is fp32, elementwise, and so works for any batch and shape. Not thread-safe.
/// </summary>
public interface IScheduler : IDisposable
{
    /// <summary>
    /// The timestep of each call of the model, in order of use, within 0 and num_train_timesteps - 1. Euler's may be fractional. There may be more calls than
    /// steps (PNDM).
    /// </summary>
    IReadOnlyList<double> Timesteps { get; }

    /// <summary>What unit normal noise is multiplied with before the first call.</summary>
    double InitNoiseSigma { get; }

    /// <summary>Whether <see cref="Step"/> adds noise of its own and so has to be given some.</summary>
    bool AddsNoise => false;

    /// <summary>The model's input for a call.</summary>
    /// <param name="sample">The current sample, any shape.</param>
    /// <param name="call">Index into <see cref="Timesteps"/>.</param>
    /// <returns>A new fp32 tensor of the sample's shape.</returns>
    Tensor ScaleModelInput(Tensor sample, int call);

    /// <summary>The next sample. Calls come in order 0, 1, 2, ...; 0 forgets what went before.</summary>
    /// <param name="modelOutput">What the model predicted (after guidance), of the sample's shape.</param>
    /// <param name="call">Index into <see cref="Timesteps"/>.</param>
    /// <param name="sample">The current sample, as before <see cref="ScaleModelInput"/>.</param>
    /// <param name="noise">Unit normal noise of the sample's shape, where <see cref="AddsNoise"/>; else null.</param>
    /// <returns>A new fp32 tensor of the sample's shape.</returns>
    /// <exception cref="ArgumentException">The shapes differ, <paramref name="call"/> is out of range, or noise is missing.</exception>
    /// <exception cref="InvalidOperationException">A multistep scheduler is called out of order.</exception>
    Tensor Step(Tensor modelOutput, int call, Tensor sample, Tensor? noise = null);
}
