using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>What an <see cref="AdaptableLayer"/> runs instead of its plain operation: a LoRA, or any other change of a frozen layer.</summary>
public interface ILayerAdapter
{
    /// <summary>Computes the adapted layer.</summary>
    /// <param name="layer">The layer, with its frozen weight and bias.</param>
    /// <param name="input">What the layer takes, of the weight's element type.</param>
    /// <returns>What the layer gives, of the input's element type, in the caller's dispose scope.</returns>
    Tensor Forward(AdaptableLayer layer, Tensor input);
}
