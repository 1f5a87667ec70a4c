using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Vae;

/// <summary>A level of the decoder: resnets, then an upsampling (diffusers' <c>UpDecoderBlock2D</c>).</summary>
internal sealed class UpDecoderBlock2D : Module<Tensor, Tensor>
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Upsample2D>? upsamplers;

    /// <summary>Creates the block without memory.</summary>
    public UpDecoderBlock2D(long inChannels, long outChannels, int layers, long groups, bool isLast)
        : base(nameof(UpDecoderBlock2D))
    {
        resnets = new ModuleList<ResnetBlock2D>(VaeLevel.Resnets(inChannels, outChannels, layers, groups));
        upsamplers = isLast ? null : new ModuleList<Upsample2D>(new Upsample2D(outChannels));
        RegisterComponents();
    }

    /// <summary>(B, in, h, w) -> (B, out, 2 h, 2 w); the last level keeps the size.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = input;
        foreach (var resnet in resnets)
        {
            hidden = HiddenState.Replace(hidden, resnet.call(hidden, null), input);
        }

        if (upsamplers is not null)
        {
            long[] shape = hidden.shape;
            hidden = HiddenState.Replace(hidden, upsamplers[0].call(hidden, [2 * shape[2], 2 * shape[3]]), input);
        }

        return hidden.MoveToOuterDisposeScope();
    }
}
