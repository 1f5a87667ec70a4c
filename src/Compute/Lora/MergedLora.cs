using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>A LoRA that is added to the weights for as long as this lives. Nested merges must be undone in reverse order.</summary>
public sealed class MergedLora : IDisposable
{
    private readonly List<(AdaptableLinear Linear, Tensor Original)> _originals = [];

    internal MergedLora(IReadOnlyList<(AdaptableLinear Linear, LoraAdapter Adapter)> pairs, double scale)
    {
        using var guard = no_grad();
        foreach (var (linear, adapter) in pairs)
        {
            using var scope = NewDisposeScope();
            var weight = linear.weight;
            // A second handle on the same memory: assigning to the layer disposes of the first one.
            _originals.Add((linear, weight.detach().DetachFromDisposeScope()));
            var change = adapter.WeightChange(scale).to(weight.device);
            linear.weight = new Parameter(change.AddInPlace(weight).to(weight.dtype), requires_grad: false);
        }
    }

    /// <summary>Puts the original weights back.</summary>
    public void Dispose()
    {
        foreach (var (linear, original) in _originals)
        {
            linear.weight = new Parameter(original, requires_grad: false);
            original.Dispose();
        }

        _originals.Clear();
    }
}
