using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>The losses of one step, as scalars with gradient.</summary>
/// <param name="Total">L = L_SP + L_CL.</param>
/// <param name="Global">The global term.</param>
/// <param name="Masked">The masked term of every object in S, by object; empty when switched off.</param>
/// <param name="Class">L_CL summed over S; null when not drawn or switched off.</param>
public sealed record ObjectiveValue(Tensor Total, Tensor Global, IReadOnlyDictionary<int, Tensor> Masked, Tensor? Class);
