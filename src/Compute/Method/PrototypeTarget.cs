using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>theta_m of eq. 2: what the prototype is drawn towards.</summary>
public static class PrototypeTarget
{
    /// <summary>The target. Every embedding is L2-normalised first; the sum is not normalised again, since the cosine doesn't care.</summary>
    /// <param name="weights">Weights of the three.</param>
    /// <param name="image">I(x), (1, joint).</param>
    /// <param name="maskedImage">I(x_m), (1, joint).</param>
    /// <param name="classText">T(c_c), (1, joint).</param>
    /// <returns>theta_m, (1, joint).</returns>
    public static Tensor Fuse(this FusionWeights weights, Tensor image, Tensor maskedImage, Tensor classText)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return Cosine.Unit(image).Mul(weights.Image).Add(Cosine.Unit(maskedImage).Mul(weights.MaskedImage)).Add(Cosine.Unit(classText).Mul(weights.Class));
    }
}
