using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>c: what the UNet attends to, the text encoder's last hidden state after the final norm.</summary>
/// <param name="ids">Token ids (N, L); id <c>vocabulary + j</c> is row j of <paramref name="vectors"/>.</param>
/// <param name="vectors">Learned vectors (rows, d), with gradient.</param>
/// <returns>Text states (N, L, d).</returns>
public delegate Tensor TextConditioner(Tensor ids, Tensor vectors);
