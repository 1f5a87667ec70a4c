using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>eps_theta (or v_theta): the UNet.</summary>
/// <param name="sample">Noisy latents (B, 4, h, w).</param>
/// <param name="timesteps">Timesteps (B), int64 or float.</param>
/// <param name="states">Text states (B, L, d).</param>
/// <returns>The prediction (B, 4, h, w), float32.</returns>
public delegate Tensor NoisePredictor(Tensor sample, Tensor timesteps, Tensor states);
