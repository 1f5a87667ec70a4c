using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Vae;

/// <summary>A resnet, an attention, a resnet (diffusers' <c>UNetMidBlock2D</c>).</summary>
internal sealed class VaeMidBlock : Module<Tensor, Tensor>
{
    private readonly ModuleList<VaeAttention> attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;

    /// <summary>Creates the block without memory.</summary>
    public VaeMidBlock(long channels, long groups)
        : base(nameof(VaeMidBlock))
    {
        attentions = new ModuleList<VaeAttention>(new VaeAttention(channels, groups));
        resnets = new ModuleList<ResnetBlock2D>(VaeLevel.Resnet(channels, channels, groups), VaeLevel.Resnet(channels, channels, groups));
        RegisterComponents();
    }

    /// <summary>(B, C, h, w) -> (B, C, h, w).</summary>
    public override Tensor forward(Tensor input)
    {
        using var first = resnets[0].call(input, null);
        using var mixed = attentions[0].call(first);
        return resnets[1].call(mixed, null);
    }
}
