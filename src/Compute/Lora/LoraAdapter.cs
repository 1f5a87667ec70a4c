using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// The low-rank change of one linear layer (Hu et al. 2021): y = W x + b + (alpha / r) multiplier B (A x), with W and b frozen. A and B are float32 and are cast to the input's
/// element type where they are used, as autocast does it.
/// </summary>
public sealed class LoraAdapter : ILinearAdapter
{
    /// <summary>Creates the adapter of one module over tensors that somebody else owns.</summary>
    /// <param name="module">The module's full name, such as <c>down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q</c>.</param>
    /// <param name="a">A, (r, in), float32.</param>
    /// <param name="b">B, (out, r), float32.</param>
    /// <param name="alpha">Alpha; the scale is alpha / r.</param>
    internal LoraAdapter(string module, Tensor a, Tensor b, double alpha)
    {
        Module = module;
        A = a;
        B = b;
        Alpha = alpha;
        Rank = a.shape[0];
    }

    /// <summary>The adapted module's full name.</summary>
    public string Module { get; }

    /// <summary>A, (r, in), float32: a leaf that requires gradients.</summary>
    public Tensor A { get; }

    /// <summary>B, (out, r), float32: a leaf that requires gradients.</summary>
    public Tensor B { get; }

    /// <summary>The rank r.</summary>
    public long Rank { get; }

    /// <summary>Alpha.</summary>
    public double Alpha { get; }

    /// <summary>The user's LoRA scale on top of alpha / r; 1 in training.</summary>
    public double Multiplier { get; set; } = 1;

    /// <summary>The factor in front of B A: alpha / r times <see cref="Multiplier"/>.</summary>
    public double Scale => Alpha / Rank * Multiplier;

    /// <inheritdoc/>
    public Tensor Forward(Tensor input, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var type = input.dtype;
        // The scale goes into the small matrix, and the large product is added in place: nothing of the output's size is made beside the two products.
        var change = nn.functional.linear(nn.functional.linear(input, A.to(type)), B.Mul(Scale).to(type));
        return change.AddInPlace(nn.functional.linear(input, weight, bias)).MoveToOuterDisposeScope();
    }

    /// <summary>The change of the weight: alpha / r times <paramref name="multiplier"/> times B A, (out, in), float32, without gradient.</summary>
    /// <param name="multiplier">The LoRA scale.</param>
    internal Tensor WeightChange(double multiplier)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return mm(B, A).Mul(Alpha / Rank * multiplier).MoveToOuterDisposeScope();
    }
}
