using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>What an <see cref="AdaptableLinear"/> runs instead of the plain product: a LoRA, or any other change of a frozen linear layer.</summary>
public interface ILinearAdapter
{
    /// <summary>Computes the adapted layer.</summary>
    /// <param name="input">(..., in), of the weight's element type.</param>
    /// <param name="weight">The frozen weight, (out, in).</param>
    /// <param name="bias">The frozen bias, (out), or null.</param>
    /// <returns>(..., out), of the input's element type, in the caller's dispose scope.</returns>
    Tensor Forward(Tensor input, Tensor weight, Tensor? bias);
}
