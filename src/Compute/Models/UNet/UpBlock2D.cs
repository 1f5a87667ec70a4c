using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>
/// A level on the way up: resnets that read the skips, each followed by a transformer if the level has them, then an upsampling (diffusers'
/// <c>CrossAttnUpBlock2D</c> and <c>UpBlock2D</c>).
/// </summary>
internal sealed class UpBlock2D : Module<Tensor, Tensor, Tensor, Stack<Tensor>, Tensor>
{
    private readonly ModuleList<Transformer2DModel>? attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Upsample2D>? upsamplers;

    /// <summary>Creates the block without memory.</summary>
    /// <param name="level">The level's sizes; its layers are one more than on the way down.</param>
    /// <param name="belowChannels">Channels of the level below, where the input comes from.</param>
    /// <param name="aboveChannels">Channels of the level above, which the last skip comes from.</param>
    /// <param name="isLast">The highest level has no upsampling.</param>
    public UpBlock2D(UNetLevel level, long belowChannels, long aboveChannels, bool isLast)
        : base(nameof(UpBlock2D))
    {
        attentions = level.HasAttention ? new ModuleList<Transformer2DModel>([.. Enumerable.Range(0, level.Layers).Select(_ => level.Transformer())]) : null;
        resnets = new ModuleList<ResnetBlock2D>([
            .. Enumerable
                .Range(0, level.Layers)
                .Select(i => level.Resnet((i == 0 ? belowChannels : level.Channels) + (i == level.Layers - 1 ? aboveChannels : level.Channels))),
        ]);
        upsamplers = isLast ? null : new ModuleList<Upsample2D>(new Upsample2D(level.Channels));
        RegisterComponents();
    }

    /// <summary>
    /// input (B, below, h, w), time (B, t), context (B, M, d) -> (B, C, h', w'); takes one skip a layer and, when it enlarges, the size of the next one.
    /// </summary>
    public override Tensor forward(Tensor input, Tensor time, Tensor context, Stack<Tensor> skips)
    {
        using var scope = NewDisposeScope();
        var hidden = input;
        for (var i = 0; i < resnets.Count; i++)
        {
            using var skip = skips.Pop();
            using var joined = cat([hidden, skip], 1);
            hidden = HiddenState.Replace(hidden, resnets[i].call(joined, time), input);
            if (attentions is not null)
            {
                hidden = HiddenState.Replace(hidden, attentions[i].call(hidden, context), input);
            }
        }

        if (upsamplers is not null)
        {
            long[] size = skips.Peek().shape;
            hidden = HiddenState.Replace(hidden, upsamplers[0].call(hidden, [size[2], size[3]]), input);
        }

        return hidden.MoveToOuterDisposeScope();
    }
}
