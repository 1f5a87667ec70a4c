using OrleansOneShot.Compute.Models.Vae;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>What a step sees of the photo: one of a few variations that are encoded once.</summary>
/// <param name="Posterior">The posterior of the training crop, varied.</param>
/// <param name="Objects">The posterior of every object's own view, varied; null when the masked terms see the training crop.</param>
/// <param name="Masks">m_i at latent size, (r, 1, h, w), varied alike; of the own views where there are such.</param>
internal sealed record TrainingView(VaePosterior Posterior, IReadOnlyList<VaePosterior>? Objects, Tensor Masks);
