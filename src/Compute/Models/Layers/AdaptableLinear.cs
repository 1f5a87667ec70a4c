using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>A linear layer that an adapter can take over at run time.</summary>
/// <param name="inFeatures">Size of the input's last dimension, 1 or more.</param>
/// <param name="outFeatures">Size of the output's last dimension, 1 or more.</param>
/// <param name="hasBias">Whether there is a bias.</param>
public sealed class AdaptableLinear(long inFeatures, long outFeatures, bool hasBias = true)
    : AdaptableLayer(nameof(AdaptableLinear), inFeatures, outFeatures, [], hasBias)
{
    /// <summary>(..., in) -> (..., out).</summary>
    public override Tensor Run(Tensor input, Tensor other, Tensor? otherBias) => functional.linear(input, other, otherBias);

    /// <summary>(..., r) -> (..., out).</summary>
    public override Tensor Mix(Tensor input, Tensor other) => functional.linear(input, other);
}
