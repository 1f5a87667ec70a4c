using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>T(.): CLIP's text embedding, pooled at the first end token and projected to the joint space; not normalised.</summary>
/// <param name="ids">Token ids (N, L); id <c>vocabulary + j</c> is row j of <paramref name="vectors"/>.</param>
/// <param name="vectors">Learned vectors (rows, d), with gradient; null when the text has none.</param>
/// <returns>Embeddings (N, joint).</returns>
public delegate Tensor TextEmbedder(Tensor ids, Tensor? vectors);
