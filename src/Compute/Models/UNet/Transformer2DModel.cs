using OrleansOneShot.Compute.Autograd;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>Transformer blocks over the positions of a feature map, with a residual around them (diffusers' <c>Transformer2DModel</c>).</summary>
internal sealed class Transformer2DModel : Module<Tensor, Tensor, Tensor>, IRecomputable
{
    private readonly GroupNorm norm;
    private readonly AdaptableLayer proj_in;
    private readonly ModuleList<BasicTransformerBlock> transformer_blocks;
    private readonly AdaptableLayer proj_out;
    private readonly bool _isLinear;

    /// <summary>Creates the model without memory.</summary>
    /// <param name="channels">Channels of input and output.</param>
    /// <param name="contextWidth">Size of the text states.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="layers">Number of transformer blocks.</param>
    /// <param name="groups">Groups of the norm.</param>
    /// <param name="isLinear">Whether the projections are linear layers (SD 2.x) or 1x1 convolutions (SD 1.x).</param>
    public Transformer2DModel(long channels, long contextWidth, long heads, int layers, long groups, bool isLinear)
        : base(nameof(Transformer2DModel))
    {
        _isLinear = isLinear;
        norm = Blank.GroupNorm(groups, channels, 1e-6); // not the resnets' 1e-5
        proj_in = isLinear ? Blank.Linear(channels, channels) : Blank.Conv1x1(channels, channels);
        transformer_blocks = new ModuleList<BasicTransformerBlock>([
            .. Enumerable.Range(0, layers).Select(_ => new BasicTransformerBlock(channels, contextWidth, heads)),
        ]);
        proj_out = isLinear ? Blank.Linear(channels, channels) : Blank.Conv1x1(channels, channels);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public bool Recomputes { get; set; }

    /// <summary>input (B, C, h, w), context (B, M, context width) -> (B, C, h, w).</summary>
    public override Tensor forward(Tensor input, Tensor context) => Recomputes ? Recomputation.Run(Transform, input, context) : Transform(input, context);

    private Tensor Transform(Tensor input, Tensor context)
    {
        using var scope = NewDisposeScope();
        long[] shape = input.shape;
        long height = shape[2],
            width = shape[3];
        var normed = norm.call(input);
        var tokens = _isLinear ? proj_in.call(ToTokens(normed)) : ToTokens(proj_in.call(normed)); // (B, h w, C)
        foreach (var block in transformer_blocks)
        {
            tokens = block.call(tokens, context);
        }

        var map = _isLinear ? ToMap(proj_out.call(tokens), height, width) : proj_out.call(ToMap(tokens, height, width));
        return map.Add(input).MoveToOuterDisposeScope();
    }

    /// <summary>(B, C, h, w) -> (B, h w, C), contiguous for the products that follow.</summary>
    private static Tensor ToTokens(Tensor map) => map.flatten(2).transpose(1, 2).contiguous();

    /// <summary>(B, h w, C) -> (B, C, h, w), contiguous.</summary>
    private static Tensor ToMap(Tensor tokens, long height, long width) => tokens.transpose(1, 2).contiguous().unflatten(2, height, width);
}
