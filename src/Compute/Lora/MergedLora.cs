using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>A LoRA that is added to the weights for as long as this lives. Nested merges must be undone in reverse order.</summary>
public sealed class MergedLora : ILearnedChange
{
    private readonly List<(AdaptableLayer Layer, Tensor Original)> _originals = [];

    /// <summary>Adds changes to copies of the weights.</summary>
    /// <param name="changes">Layers and what makes the change of each one's weight: of the weight's shape, float32, in the caller's dispose scope.</param>
    internal MergedLora(IReadOnlyList<(AdaptableLayer Layer, Func<AdaptableLayer, Tensor> Change)> changes)
    {
        using var guard = no_grad();
        try
        {
            foreach (var (layer, change) in changes)
            {
                using var scope = NewDisposeScope();
                var weight = layer.weight;
                var sum = change(layer).to(weight.device).AddInPlace(weight).to(weight.dtype);

                // A second handle on the same memory: assigning to the layer disposes of the first one.
                _originals.Add((layer, weight.detach().DetachFromDisposeScope()));
                layer.weight = new Parameter(sum, requires_grad: false);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The changed layers and the weights that they had before.</summary>
    internal IReadOnlyList<(AdaptableLayer Layer, Tensor Original)> Originals => _originals;

    /// <inheritdoc/>
    public IDisposable Suspend() => new SuspendedLayers(_originals.Select(one => (one.Layer, (Tensor?)one.Original, (Tensor?)null)));

    /// <summary>Puts the original weights back.</summary>
    public void Dispose()
    {
        foreach (var (layer, original) in _originals)
        {
            layer.weight = new Parameter(original, requires_grad: false);
            original.Dispose();
        }

        _originals.Clear();
    }
}
