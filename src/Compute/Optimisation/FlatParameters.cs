using OrleansOneShot.Common;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Optimisation;

/// <summary>
/// Trainable tensors that share one flat buffer of values and one of gradients, both float32. Each tensor is a leaf of autograd whose gradient is a view of the
/// flat one, so an optimiser updates hundreds of small tensors with the handful of operations that one large tensor takes, and gradients travel between
/// machines as one block.
/// </summary>
/// <remarks>
/// Never assign to the <c>grad</c> of a leaf: autograd accumulates into the view that is there. Use <see cref="ZeroGradients"/> between steps.
/// </remarks>
public sealed class FlatParameters : IDisposable
{
    private readonly Tensor[] _leaves;
    private readonly Dictionary<string, int> _positions = [];

    /// <summary>Creates the tensors, filled with zeros.</summary>
    /// <param name="shapes">Names and shapes, in the order of the flat buffer; every size is 1 or more, every name occurs once.</param>
    /// <param name="device">Where they live; null is the CPU.</param>
    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    public FlatParameters(IReadOnlyList<(string Name, long[] Shape)> shapes, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(shapes);
        Count = shapes.Sum(s => Size(s.Shape));
        Values = zeros([Count], ScalarType.Float32, device ?? CPU).DetachFromDisposeScope();
        Gradients = zeros([Count], ScalarType.Float32, device ?? CPU).DetachFromDisposeScope();
        Names = [.. shapes.Select(s => s.Name)];
        _leaves = new Tensor[shapes.Count];
        using var scope = NewDisposeScope();
        var offset = 0L;
        for (var i = 0; i < _leaves.Length; i++)
        {
            var (name, shape) = shapes[i];
            if (!_positions.TryAdd(name, i))
            {
                throw new ArgumentException($"Two parameters are named {name}.", nameof(shapes));
            }

            var size = Size(shape);
            _leaves[i] = Values.narrow(0, offset, size).view(shape).detach().requires_grad_().DetachFromDisposeScope();
            _leaves[i].grad = Gradients.narrow(0, offset, size).view(shape);
            offset += size;
        }
    }

    /// <summary>Number of trained values.</summary>
    public long Count { get; }

    /// <summary>The names, in the order of the flat buffer.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The tensors, in the order of the flat buffer: float32 leaves that require gradients.</summary>
    public IReadOnlyList<Tensor> Leaves => _leaves;

    /// <summary>All values, (<see cref="Count"/>). Writing to it changes the leaves.</summary>
    public Tensor Values { get; }

    /// <summary>All gradients, (<see cref="Count"/>): what backward passes have added up since <see cref="ZeroGradients"/>.</summary>
    public Tensor Gradients { get; }

    /// <summary>The leaf of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="KeyNotFoundException">There is no such parameter.</exception>
    public Tensor this[string name] => _leaves[_positions[name]];

    /// <summary>Sets every gradient to zero.</summary>
    public void ZeroGradients()
    {
        using var scope = NewDisposeScope(); // for the second handle that zero_ returns
        Gradients.zero_();
    }

    /// <summary>Copies values into a leaf without recording it in autograd.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="values">Values of the leaf's shape, of any element type and device.</param>
    /// <exception cref="ArgumentException">The shape is another one.</exception>
    public void Assign(string name, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var leaf = this[name];
        if (!leaf.shape.SequenceEqual(values.shape))
        {
            throw new ArgumentException($"{name} is {Wording.Shape(leaf.shape)}, not {Wording.Shape(values.shape)}.", nameof(values));
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        leaf.copy_(values.detach());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var leaf in _leaves)
        {
            leaf.Dispose();
        }

        Values.Dispose();
        Gradients.Dispose();
    }

    private static long Size(long[] shape) => shape.Aggregate(1L, (product, size) => checked(product * size));
}
