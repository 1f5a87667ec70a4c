using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Autograd;

/// <summary>
/// A tensor that a custom function keeps for its way back and frees there. What goes through <c>save_for_backward</c> lives as long as the whole graph in
/// TorchSharp, so memory would not fall while the backward pass runs. Make one only where a way back is certain (gradients on, an input that requires them):
/// nothing else frees it but the garbage collector.
/// </summary>
internal sealed class SavedTensor : IDisposable
{
    /// <summary>Keeps a tensor's memory, without its history.</summary>
    public SavedTensor(Tensor tensor)
    {
        Value = tensor.detach().DetachFromDisposeScope();
    }

    /// <summary>The tensor, without gradient.</summary>
    public Tensor Value { get; }

    /// <inheritdoc/>
    public void Dispose() => Value.Dispose();
}
