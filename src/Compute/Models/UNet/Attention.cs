using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>Self- or cross-attention whose four projections can be adapted (diffusers' <c>Attention</c>).</summary>
internal sealed class Attention : Module<Tensor, Tensor?, Tensor>
{
    private readonly AdaptableLinear to_q;
    private readonly AdaptableLinear to_k;
    private readonly AdaptableLinear to_v;
    private readonly ModuleList<AdaptableLinear> to_out;
    private readonly long _heads;

    /// <summary>Creates the layer without memory.</summary>
    /// <param name="width">Size of the queries' input and of the output.</param>
    /// <param name="contextWidth">Size of the keys' and values' input.</param>
    /// <param name="heads">Number of heads; divides <paramref name="width"/>.</param>
    public Attention(long width, long contextWidth, long heads)
        : base(nameof(Attention))
    {
        _heads = heads;
        to_q = new AdaptableLinear(width, width, hasBias: false);
        to_k = new AdaptableLinear(contextWidth, width, hasBias: false);
        to_v = new AdaptableLinear(contextWidth, width, hasBias: false);
        to_out = new ModuleList<AdaptableLinear>(new AdaptableLinear(width, width));
        RegisterComponents();
    }

    /// <summary>hidden (B, N, width), context (B, M, context width) or null for self-attention -> (B, N, width).</summary>
    public override Tensor forward(Tensor hidden, Tensor? context)
    {
        using var scope = NewDisposeScope();
        var source = context ?? hidden;
        var mixed = AttentionKernel.Attend(to_q.call(hidden), to_k.call(source), to_v.call(source), _heads);
        return to_out[0].call(mixed).MoveToOuterDisposeScope();
    }
}
