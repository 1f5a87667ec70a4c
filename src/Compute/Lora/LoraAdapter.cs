using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// The low-rank change of one layer (Hu et al. 2021): y = W x + b + (alpha / r) multiplier B (A x), with W and b frozen; of a convolution, A is a convolution
/// like it to r channels and B mixes those at each place. A and B are float32 and are cast to the input's element type where they are used, as autocast does
/// it. As a DoRA (<see cref="RowLengths"/>) it also brings each row of the changed weight to a learned length.
/// </summary>
public sealed class LoraAdapter : ILayerAdapter
{
    /// <summary>Creates the adapter of one module over tensors that somebody else owns.</summary>
    /// <param name="module">The module's full name, such as <c>down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q</c>.</param>
    /// <param name="a">A, (r, in) or (r, in, kh, kw), float32.</param>
    /// <param name="b">B, (out, r) or (out, r, 1, 1), float32.</param>
    /// <param name="alpha">Alpha; the scale is alpha / r.</param>
    /// <param name="lengths">A DoRA's lengths; null for a plain LoRA.</param>
    internal LoraAdapter(string module, Tensor a, Tensor b, double alpha, RowLengths? lengths = null)
    {
        Module = module;
        A = a;
        B = b;
        Alpha = alpha;
        Rank = a.shape[0];
        Lengths = lengths;
    }

    /// <summary>The adapted module's full name.</summary>
    public string Module { get; }

    /// <summary>A, (r, in) or (r, in, kh, kw), float32: a leaf that requires gradients.</summary>
    public Tensor A { get; }

    /// <summary>B, (out, r) or (out, r, 1, 1), float32: a leaf that requires gradients.</summary>
    public Tensor B { get; }

    /// <summary>The rank r.</summary>
    public long Rank { get; }

    /// <summary>Alpha.</summary>
    public double Alpha { get; }

    /// <summary>A DoRA's m, (out), float32: a leaf that requires gradients; null for a plain LoRA.</summary>
    public Tensor? Magnitude => Lengths?.Magnitude;

    /// <summary>A DoRA's lengths; null for a plain LoRA.</summary>
    internal RowLengths? Lengths { get; }

    /// <summary>The user's LoRA scale; 1 in training. Of a plain LoRA it stands on top of alpha / r, of a DoRA before the whole change of the weight.</summary>
    public double Multiplier { get; set; } = 1;

    /// <summary>The factor in front of B A: alpha / r times <see cref="Multiplier"/>.</summary>
    public double Scale => Alpha / Rank * Multiplier;

    /// <inheritdoc/>
    public Tensor Forward(AdaptableLayer layer, Tensor input)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        var type = input.dtype;
        if (Lengths is not null)
        {
            return Lengths.Forward(layer, input, A, B, Alpha / Rank, Multiplier).MoveToOuterDisposeScope();
        }

        // The scale goes into the small matrix, and the large product is added in place: nothing of the output's size is made beside the two products.
        var change = layer.Mix(layer.Run(input, A.to(type), null), B.Mul(Scale).to(type));
        return change.AddInPlace(layer.Run(input, layer.weight, layer.bias)).MoveToOuterDisposeScope();
    }

    /// <summary>B A as a weight.</summary>
    /// <param name="b">(out, r) or (out, r, 1, 1).</param>
    /// <param name="a">(r, in) or (r, in, kh, kw).</param>
    internal static Tensor Product(Tensor b, Tensor a) => a.dim() == 2 ? mm(b, a) : mm(b.flatten(1), a.flatten(1)).view([b.shape[0], .. a.shape[1..]]);

    /// <summary>The change of the weight: alpha / r times <paramref name="multiplier"/> times B A, of the weight's shape, float32, without gradient.</summary>
    /// <param name="multiplier">The LoRA scale.</param>
    internal Tensor WeightChange(double multiplier)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return Product(B, A).Mul(Alpha / Rank * multiplier).MoveToOuterDisposeScope();
    }

    /// <summary>The change of the weight as <see cref="WeightChange(double)"/> has it, of a DoRA the whole of it, with the lengths.</summary>
    /// <param name="layer">The layer, unchanged.</param>
    /// <param name="multiplier">The LoRA scale.</param>
    internal Tensor WeightChange(AdaptableLayer layer, double multiplier)
    {
        if (Magnitude is null)
        {
            return WeightChange(multiplier);
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var weight = layer.weight.to(ScalarType.Float32);
        return LoraChange.Renormalised(weight, WeightChange(1), Magnitude, ofColumns: false).Mul(multiplier).MoveToOuterDisposeScope();
    }
}
