using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Vae;

/// <summary>Picture to the moments of its latent (diffusers' <c>Encoder</c>).</summary>
internal sealed class VaeEncoder : Module<Tensor, Tensor>
{
    private readonly AdaptableConv2d conv_in;
    private readonly ModuleList<DownEncoderBlock2D> down_blocks;
    private readonly VaeMidBlock mid_block;
    private readonly GroupNorm conv_norm_out;
    private readonly AdaptableConv2d conv_out;

    /// <summary>Creates the encoder without memory.</summary>
    public VaeEncoder(VaeConfig config)
        : base(nameof(VaeEncoder))
    {
        var channels = config.BlockOutChannels;
        conv_in = Blank.Conv3x3(config.InChannels, channels[0]);
        down_blocks = new ModuleList<DownEncoderBlock2D>([
            .. channels.Select(
                (c, i) => new DownEncoderBlock2D(channels[Math.Max(i - 1, 0)], c, config.LayersPerBlock, config.NormNumGroups, isLast: i == channels.Count - 1)
            ),
        ]);
        mid_block = new VaeMidBlock(channels[^1], config.NormNumGroups);
        conv_norm_out = Blank.GroupNorm(config.NormNumGroups, channels[^1], VaeLevel.Eps);
        conv_out = Blank.Conv3x3(channels[^1], 2 * config.LatentChannels);
        RegisterComponents();
    }

    /// <summary>(B, in, H, W) -> (B, 2 latent, H / f, W / f): mean and log-variance in front of the 1x1 convolution.</summary>
    public override Tensor forward(Tensor image)
    {
        using var scope = NewDisposeScope();
        var hidden = conv_in.call(image);
        foreach (var block in down_blocks)
        {
            hidden = HiddenState.Replace(hidden, block.call(hidden), image);
        }

        hidden = mid_block.call(hidden);
        return conv_out.call(Activation.Silu(conv_norm_out.call(hidden))).MoveToOuterDisposeScope();
    }
}
