using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>eps_theta (or v_theta): the UNet.</summary>
/// <param name="sample">Noisy latents (B, 4, h, w).</param>
/// <param name="timesteps">Timesteps (B), int64 or float.</param>
/// <param name="states">Text states (B, L, d).</param>
/// <returns>The prediction (B, 4, h, w), float32.</returns>
public delegate Tensor NoisePredictor(Tensor sample, Tensor timesteps, Tensor states);

/// <summary>c: what the UNet attends to, the text encoder's last hidden state after the final norm.</summary>
/// <param name="ids">Token ids (N, L); id <c>vocabulary + j</c> is row j of <paramref name="vectors"/>.</param>
/// <param name="vectors">Learned vectors (rows, d), with gradient.</param>
/// <returns>Text states (N, L, d).</returns>
public delegate Tensor TextConditioner(Tensor ids, Tensor vectors);

/// <summary>T(.): CLIP's text embedding, pooled at the first end token and projected to the joint space; not normalised.</summary>
/// <param name="ids">Token ids (N, L); id <c>vocabulary + j</c> is row j of <paramref name="vectors"/>.</param>
/// <param name="vectors">Learned vectors (rows, d), with gradient; null when the text has none.</param>
/// <returns>Embeddings (N, joint).</returns>
public delegate Tensor TextEmbedder(Tensor ids, Tensor? vectors);
