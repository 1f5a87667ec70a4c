using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Torch;

/// <summary>Owns tensors that outlive the dispose scope they were made in.</summary>
internal sealed class DisposeScopeHolder : IDisposable
{
    private readonly List<Tensor> _tensors = [];

    /// <summary>Takes a tensor out of its scope; it lives until this is disposed.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <returns>The same tensor.</returns>
    public Tensor Keep(Tensor tensor)
    {
        _tensors.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _tensors)
        {
            tensor.Dispose();
        }

        _tensors.Clear();
    }
}
