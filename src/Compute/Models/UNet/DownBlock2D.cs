using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>
/// A level on the way down: resnets, each followed by a transformer if the level has them, then a downsampling (diffusers' <c>CrossAttnDownBlock2D</c>
/// and <c>DownBlock2D</c>).
/// </summary>
internal sealed class DownBlock2D : Module<Tensor, Tensor, Tensor, Stack<Tensor>, Tensor>
{
    private readonly ModuleList<Transformer2DModel>? attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Downsample2D>? downsamplers;

    /// <summary>Creates the block without memory.</summary>
    /// <param name="level">The level's sizes.</param>
    /// <param name="inChannels">Channels of the level above.</param>
    /// <param name="isLast">The lowest level has no downsampling.</param>
    public DownBlock2D(UNetLevel level, long inChannels, bool isLast)
        : base(nameof(DownBlock2D))
    {
        attentions = level.HasAttention ? new ModuleList<Transformer2DModel>([.. Enumerable.Range(0, level.Layers).Select(_ => level.Transformer())]) : null;
        resnets = new ModuleList<ResnetBlock2D>([.. Enumerable.Range(0, level.Layers).Select(i => level.Resnet(i == 0 ? inChannels : level.Channels))]);
        downsamplers = isLast ? null : new ModuleList<Downsample2D>(new Downsample2D(level.Channels, padsEndOnly: false));
        RegisterComponents();
    }

    /// <summary>input (B, in, h, w), time (B, t), context (B, M, d) -> (B, C, h', w'); every layer's result is also pushed onto the skips.</summary>
    public override Tensor forward(Tensor input, Tensor time, Tensor context, Stack<Tensor> skips)
    {
        using var scope = NewDisposeScope();
        var hidden = input;
        for (var i = 0; i < resnets.Count; i++)
        {
            hidden = resnets[i].call(hidden, time);
            if (attentions is not null)
            {
                hidden = attentions[i].call(hidden, context);
            }

            skips.Push(hidden.MoveToOuterDisposeScope());
        }

        if (downsamplers is not null)
        {
            hidden = downsamplers[0].call(hidden);
            skips.Push(hidden.MoveToOuterDisposeScope());
        }

        return hidden;
    }
}
