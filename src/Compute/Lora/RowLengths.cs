using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// DoRA (Liu et al. 2024; peft's <c>use_dora</c>): the weight W' = m (W + s B A) / ||W + s B A||, whose rows, one an output, have the learned lengths m. The
/// norm is a constant to autograd, as the paper has it. m starts at the rows' own lengths, so that nothing is changed as long as B is zero.
/// </summary>
/// <param name="magnitude">m, (out), float32: a leaf that requires gradients and that somebody else owns.</param>
internal sealed class RowLengths(Tensor magnitude) : IDisposable
{
    // A row of zeros has no direction: it stays as it is.
    private const double SmallestSquare = 1e-24;

    // ||W||^2 of each row, and the frozen weight that it is of: what a step computes anew is the change's part of the norm alone.
    private Tensor? _squares;
    private Tensor? _of;

    /// <summary>m, (out).</summary>
    public Tensor Magnitude => magnitude;

    /// <summary>The lengths of a layer's rows, at which m starts.</summary>
    /// <param name="layer">The layer.</param>
    /// <returns>(out), float32, in the caller's dispose scope, without gradient.</returns>
    public static Tensor Of(AdaptableLayer layer)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return Squares(layer.weight).Clamp(SmallestSquare, null).sqrt().MoveToOuterDisposeScope();
    }

    /// <summary>Computes the layer with W' in place of W.</summary>
    /// <param name="layer">The layer, with its frozen weight and bias.</param>
    /// <param name="input">What the layer takes.</param>
    /// <param name="a">A, (r, in) or (r, in, kh, kw), float32.</param>
    /// <param name="b">B, (out, r) or (out, r, 1, 1), float32.</param>
    /// <param name="scale">s: alpha / r.</param>
    /// <param name="multiplier">How much of the change W' - W is taken; 1 in training.</param>
    /// <returns>What the layer gives, of the input's element type, in the caller's dispose scope.</returns>
    public Tensor Forward(AdaptableLayer layer, Tensor input, Tensor a, Tensor b, double scale, double multiplier)
    {
        var type = input.dtype;
        long[] sizes = layer.Kernel.Count == 0 ? [-1] : [-1, 1, 1];
        var gain = magnitude.div(Norms(layer, a, b, scale)); // m / ||W + s B A||, (out)
        var more = gain.Sub(1).Mul(multiplier).view(sizes).to(type); // what the frozen product gets more than once
        var product = layer.Run(input, layer.weight, null);
        // In bfloat16 a factor within 0.4 % of 1 would be 1 itself; its distance from 1 is kept, so that of a small change the values are rounded alone.
        var result = type == ScalarType.Float32 ? product.mul(more.Add(1)) : product.Add(product.mul(more));
        var up = b.mul(gain.view([-1, .. b.shape[1..].Select(_ => 1L)])).Mul(scale * multiplier).to(type);
        result = result.AddInPlace(layer.Mix(layer.Run(input, a.to(type), null), up));
        return layer.bias is { } bias ? result.AddInPlace(bias.view(sizes)) : result;
    }

    /// <inheritdoc/>
    public void Dispose() => _squares?.Dispose();

    // ||w + s B a||^2 = ||w||^2 + 2 s B (a w) + s^2 B (a a) B: nothing of the weight's size is made.
    private Tensor Norms(AdaptableLayer layer, Tensor a, Tensor b, double scale)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (down, up) = (a.flatten(1), b.flatten(1).Mul(scale)); // (r, n), (out, r)
        var mixed = mm(layer.weight.to(ScalarType.Float32).flatten(1), down.t()).Mul(2).AddInPlace(mm(up, mm(down, down.t()))); // (out, r)
        return mixed.mul(up).sum(1).AddInPlace(SquaresOf(layer)).Clamp(SmallestSquare, null).sqrt().MoveToOuterDisposeScope();
    }

    private Tensor SquaresOf(AdaptableLayer layer)
    {
        if (_squares is null || !ReferenceEquals(_of, layer.weight))
        {
            _squares?.Dispose();
            (_squares, _of) = (Squares(layer.weight).DetachFromDisposeScope(), layer.weight);
        }

        return _squares;
    }

    private static Tensor Squares(Tensor weight) => weight.to(ScalarType.Float32).flatten(1).Square().sum(1);
}
