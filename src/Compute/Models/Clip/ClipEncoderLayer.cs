using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>Attention and feed-forward network, each with its norm in front and a residual around (transformers' <c>CLIPEncoderLayer</c>).</summary>
internal sealed class ClipEncoderLayer : Module<Tensor, Tensor>
{
    private readonly ClipAttention self_attn;
    private readonly LayerNorm layer_norm1;
    private readonly ClipMlp mlp;
    private readonly LayerNorm layer_norm2;

    /// <summary>Creates the layer without memory.</summary>
    public ClipEncoderLayer(long width, long inner, long heads, string activation, double eps, bool isCausal)
        : base(nameof(ClipEncoderLayer))
    {
        self_attn = new ClipAttention(width, heads, isCausal);
        layer_norm1 = Blank.LayerNorm(width, eps);
        mlp = new ClipMlp(width, inner, activation);
        layer_norm2 = Blank.LayerNorm(width, eps);
        RegisterComponents();
    }

    /// <summary>(B, N, width) -> (B, N, width).</summary>
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var mixed = self_attn.call(layer_norm1.call(hidden)).Add(hidden);
        return mlp.call(layer_norm2.call(mixed)).Add(mixed).MoveToOuterDisposeScope();
    }
}
