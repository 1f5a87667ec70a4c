using OrleansOneShot.Compute.Models.Layers;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>What was learned, acting on a model for as long as this lives; disposing of it gives the model back as it was, bit for bit.</summary>
public interface ILearnedChange : IDisposable
{
    /// <summary>
    /// Lets the model compute as it did before, bit for bit, until the result is disposed of. It costs next to nothing, so that both may take turns at every
    /// step of a picture.
    /// </summary>
    /// <returns>What ends it.</returns>
    IDisposable Suspend();
}

/// <summary>Layers that compute with the weights that they had before something was learned, for as long as this lives.</summary>
internal sealed class SuspendedLayers : IDisposable
{
    private readonly List<(AdaptableLayer Layer, ILayerAdapter? Adapter)> _adapters;

    /// <summary>Suspends what changes layers.</summary>
    /// <param name="layers">Each with its original weight and bias; null is what it has now.</param>
    public SuspendedLayers(IEnumerable<(AdaptableLayer Layer, Tensor? Weight, Tensor? Bias)> layers)
    {
        _adapters = [];
        foreach (var (layer, weight, bias) in layers)
        {
            _adapters.Add((layer, layer.Adapter));
            layer.Adapter = weight is null && bias is null ? null : new OriginalLayer(weight, bias);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (layer, adapter) in _adapters)
        {
            layer.Adapter = adapter;
        }

        _adapters.Clear();
    }

    private sealed class OriginalLayer(Tensor? weight, Tensor? bias) : ILayerAdapter
    {
        /// <inheritdoc/>
        public Tensor Forward(AdaptableLayer layer, Tensor input) => layer.Run(input, weight ?? layer.weight, bias ?? layer.bias);
    }
}
