using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// The change of a layer's weight as one form of adapter stores it. Factors are views of a file in the file's element types, so that a large file costs no
/// memory before it is used.
/// </summary>
/// <param name="Scale">The factor in front: alpha / r, or 1 where the form has none.</param>
/// <param name="Factors">All tensors that it holds.</param>
internal abstract record WeightDelta(double Scale, params IReadOnlyList<Tensor> Factors)
{
    /// <summary>The change without the scale.</summary>
    /// <param name="shape">The weight's sizes: (out, in) or (out, in, kh, kw).</param>
    /// <param name="device">Where to compute.</param>
    /// <returns>Float32, of the weight's sizes, in the caller's dispose scope, which also gets what lies between.</returns>
    public abstract Tensor Unscaled(long[] shape, Device device);

    private protected static Tensor Float(Tensor tensor, Device device) => tensor.to(ScalarType.Float32, device);

    /// <summary>A Tucker decomposition as LyCORIS has it: einsum("i j k l, j r, i p -> p r k l", core, right, left).</summary>
    private protected static Tensor Tucker(Tensor core, Tensor left, Tensor right)
    {
        long[] sizes = core.shape; // (i, j, k, l)
        var mixed = mm(right.t(), core.transpose(0, 1).reshape(sizes[1], -1)); // (r, i k l)
        var byLeft = mixed.reshape(right.shape[1], sizes[0], -1).transpose(0, 1).reshape(sizes[0], -1); // (i, r k l)
        return mm(left.t(), byLeft).reshape(left.shape[1], right.shape[1], sizes[2], sizes[3]);
    }
}

/// <summary>LoRA and LoCon: B A, with a core between them in a Tucker decomposition.</summary>
/// <param name="Down">A, (r, in) or (r, in, kh, kw); with a core (r, in, 1, 1).</param>
/// <param name="Up">B, (out, r) or (out, r, 1, 1).</param>
/// <param name="Mid">The core, (r, r, kh, kw), or null.</param>
/// <param name="Scale">alpha / r.</param>
internal sealed record ProductDelta(Tensor Down, Tensor Up, Tensor? Mid, double Scale) : WeightDelta(Scale, Mid is null ? [Down, Up] : [Down, Up, Mid])
{
    /// <summary>The rank r.</summary>
    public long Rank => Up.shape[1];

    /// <inheritdoc/>
    public override Tensor Unscaled(long[] shape, Device device)
    {
        var (a, b) = Pair(shape, device);
        return LoraAdapter.Product(b, a);
    }

    /// <summary>A and B in a layer's own sizes, float32: the core, if there is one, is part of A.</summary>
    /// <param name="shape">The weight's sizes.</param>
    /// <param name="device">Where to compute.</param>
    public (Tensor A, Tensor B) Pair(long[] shape, Device device)
    {
        var (a, b) = (Float(Down, device), Float(Up, device));
        if (Mid is not null)
        {
            var core = Float(Mid, device);
            a = mm(core.transpose(1, 3).reshape(-1, core.shape[1]), a.flatten(1)) // (r kw kh, in)
                .view(core.shape[0], core.shape[3], core.shape[2], -1)
                .permute(0, 3, 2, 1)
                .contiguous();
        }

        return (a.reshape([Rank, .. shape[1..]]), b.reshape([shape[0], Rank, .. shape[2..].Select(_ => 1L)]));
    }
}

/// <summary>LoHa: the product, value by value, of two low-rank products (Hyeon-Woo et al. 2022).</summary>
/// <param name="W1A">(out, r); with a core (r, out).</param>
/// <param name="W1B">(r, in kh kw); with a core (r, in).</param>
/// <param name="W2A">As <paramref name="W1A"/>.</param>
/// <param name="W2B">As <paramref name="W1B"/>.</param>
/// <param name="Cores">(r, r, kh, kw) of both products, or null.</param>
/// <param name="Scale">alpha / r.</param>
internal sealed record HadamardDelta(Tensor W1A, Tensor W1B, Tensor W2A, Tensor W2B, (Tensor First, Tensor Second)? Cores, double Scale)
    : WeightDelta(Scale, Cores is { } both ? [W1A, W1B, W2A, W2B, both.First, both.Second] : [W1A, W1B, W2A, W2B])
{
    /// <inheritdoc/>
    public override Tensor Unscaled(long[] shape, Device device)
    {
        var (a1, b1, a2, b2) = (Float(W1A, device), Float(W1B, device), Float(W2A, device), Float(W2B, device));
        var (first, second) = Cores is { } cores
            ? (Tucker(Float(cores.First, device), a1, b1), Tucker(Float(cores.Second, device), a2, b2))
            : (mm(a1, b1), mm(a2, b2));
        return first.mul(second).reshape(shape);
    }
}

/// <summary>LoKr: the Kronecker product of a small matrix and a larger one, each whole or in factors.</summary>
/// <param name="W1">(out1, in1), or its two factors.</param>
/// <param name="W2">(out2, in2[, kh, kw]), or its two factors.</param>
/// <param name="Core">(r, r, kh, kw) of the second matrix, or null.</param>
/// <param name="Scale">alpha / r, or 1 where both are whole.</param>
internal sealed record KroneckerDelta(IReadOnlyList<Tensor> W1, IReadOnlyList<Tensor> W2, Tensor? Core, double Scale)
    : WeightDelta(Scale, [.. W1, .. W2, .. Core is null ? [] : new[] { Core }])
{
    /// <inheritdoc/>
    public override Tensor Unscaled(long[] shape, Device device)
    {
        var left = Whole(W1, device);
        var right = Core is null ? Whole(W2, device) : Tucker(Float(Core, device), Float(W2[0], device), Float(W2[1], device));
        var (out1, in1, out2) = (left.shape[0], left.shape[1], right.shape[0]);
        var in2 = shape[1] / in1;
        return left.view(out1, 1, in1, 1, 1).mul(right.reshape(1, out2, 1, in2, -1)).reshape(shape);
    }

    private static Tensor Whole(IReadOnlyList<Tensor> factors, Device device) =>
        factors is [var whole] ? Float(whole, device) : mm(Float(factors[0], device), Float(factors[1], device));
}

/// <summary>The whole change.</summary>
/// <param name="Diff">Of the weight's sizes.</param>
internal sealed record FullDelta(Tensor Diff) : WeightDelta(1, [Diff])
{
    /// <inheritdoc/>
    public override Tensor Unscaled(long[] shape, Device device) => Float(Diff, device).reshape(shape);
}
