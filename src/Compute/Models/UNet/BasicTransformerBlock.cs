using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>
/// Self-attention, cross-attention to the text and a feed-forward network, each with its norm and residual (diffusers' <c>BasicTransformerBlock</c>).
/// </summary>
internal sealed class BasicTransformerBlock : Module<Tensor, Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly Attention attn1;
    private readonly LayerNorm norm2;
    private readonly Attention attn2;
    private readonly LayerNorm norm3;
    private readonly FeedForward ff;

    /// <summary>Creates the block without memory.</summary>
    public BasicTransformerBlock(long width, long contextWidth, long heads)
        : base(nameof(BasicTransformerBlock))
    {
        const double Eps = 1e-5;
        norm1 = Blank.LayerNorm(width, Eps);
        attn1 = new Attention(width, width, heads);
        norm2 = Blank.LayerNorm(width, Eps);
        attn2 = new Attention(width, contextWidth, heads);
        norm3 = Blank.LayerNorm(width, Eps);
        ff = new FeedForward(width);
        RegisterComponents();
    }

    /// <summary>hidden (B, N, width), context (B, M, context width) -> (B, N, width).</summary>
    public override Tensor forward(Tensor hidden, Tensor context)
    {
        using var scope = NewDisposeScope();
        var afterSelf = attn1.call(norm1.call(hidden), null).Add(hidden);
        var afterCross = attn2.call(norm2.call(afterSelf), context).Add(afterSelf);
        return ff.call(norm3.call(afterCross)).Add(afterCross).MoveToOuterDisposeScope();
    }
}
