using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>The lowest point: a resnet, a transformer, a resnet (diffusers' <c>UNetMidBlock2DCrossAttn</c>).</summary>
internal sealed class MidBlock2D : Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly ModuleList<Transformer2DModel> attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;

    /// <summary>Creates the block without memory.</summary>
    public MidBlock2D(UNetLevel level)
        : base(nameof(MidBlock2D))
    {
        attentions = new ModuleList<Transformer2DModel>(level.Transformer());
        resnets = new ModuleList<ResnetBlock2D>(level.Resnet(level.Channels), level.Resnet(level.Channels));
        RegisterComponents();
    }

    /// <summary>input (B, C, h, w), time (B, t), context (B, M, d) -> (B, C, h, w).</summary>
    public override Tensor forward(Tensor input, Tensor time, Tensor context)
    {
        using var scope = NewDisposeScope();
        var hidden = attentions[0].call(resnets[0].call(input, time), context);
        return resnets[1].call(hidden, time).MoveToOuterDisposeScope();
    }
}
