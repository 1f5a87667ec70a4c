using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Vae;

/// <summary>A level of the encoder: resnets, then a downsampling (diffusers' <c>DownEncoderBlock2D</c>).</summary>
internal sealed class DownEncoderBlock2D : Module<Tensor, Tensor>
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Downsample2D>? downsamplers;

    /// <summary>Creates the block without memory.</summary>
    public DownEncoderBlock2D(long inChannels, long outChannels, int layers, long groups, bool isLast)
        : base(nameof(DownEncoderBlock2D))
    {
        resnets = new ModuleList<ResnetBlock2D>(VaeLevel.Resnets(inChannels, outChannels, layers, groups));
        downsamplers = isLast ? null : new ModuleList<Downsample2D>(new Downsample2D(outChannels, padsEndOnly: true));
        RegisterComponents();
    }

    /// <summary>(B, in, h, w) -> (B, out, h / 2, w / 2); the last level keeps the size.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = input;
        foreach (var resnet in resnets)
        {
            hidden = HiddenState.Replace(hidden, resnet.call(hidden, null), input);
        }

        if (downsamplers is not null)
        {
            hidden = HiddenState.Replace(hidden, downsamplers[0].call(hidden), input);
        }

        return hidden.MoveToOuterDisposeScope();
    }
}
