using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Vae;

/// <summary>
/// Single-head self-attention over the positions of a feature map, with norm, biases and residual (diffusers' <c>Attention</c> as its VAE uses it).
/// </summary>
internal sealed class VaeAttention : Module<Tensor, Tensor>
{
    private readonly GroupNorm group_norm;
    private readonly AdaptableLinear to_q;
    private readonly AdaptableLinear to_k;
    private readonly AdaptableLinear to_v;
    private readonly ModuleList<AdaptableLinear> to_out;

    /// <summary>Creates the layer without memory.</summary>
    public VaeAttention(long channels, long groups)
        : base(nameof(VaeAttention))
    {
        group_norm = Blank.GroupNorm(groups, channels, 1e-6);
        to_q = Blank.Linear(channels, channels);
        to_k = Blank.Linear(channels, channels);
        to_v = Blank.Linear(channels, channels);
        to_out = new ModuleList<AdaptableLinear>(Blank.Linear(channels, channels));
        RegisterComponents();
    }

    /// <summary>(B, C, h, w) -> (B, C, h, w).</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        long[] shape = input.shape;
        var tokens = group_norm.call(input).flatten(2).transpose(1, 2).contiguous(); // (B, h w, C)
        var mixed = AttentionKernel.Attend(to_q.call(tokens), to_k.call(tokens), to_v.call(tokens), heads: 1);
        return to_out[0].call(mixed).transpose(1, 2).reshape(shape).Add(input).MoveToOuterDisposeScope();
    }
}
