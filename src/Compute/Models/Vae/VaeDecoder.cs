using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Vae;

/// <summary>Latent to picture (diffusers' <c>Decoder</c>).</summary>
internal sealed class VaeDecoder : Module<Tensor, Tensor>
{
    private readonly AdaptableConv2d conv_in;
    private readonly ModuleList<UpDecoderBlock2D> up_blocks;
    private readonly VaeMidBlock mid_block;
    private readonly GroupNorm conv_norm_out;
    private readonly AdaptableConv2d conv_out;

    /// <summary>Creates the decoder without memory.</summary>
    public VaeDecoder(VaeConfig config)
        : base(nameof(VaeDecoder))
    {
        int[] channels = [.. config.BlockOutChannels.Reverse()];
        conv_in = Blank.Conv3x3(config.LatentChannels, channels[0]);
        up_blocks = new ModuleList<UpDecoderBlock2D>([
            .. channels.Select(
                (c, i) =>
                    new UpDecoderBlock2D(channels[Math.Max(i - 1, 0)], c, config.LayersPerBlock + 1, config.NormNumGroups, isLast: i == channels.Length - 1)
            ),
        ]);
        mid_block = new VaeMidBlock(channels[0], config.NormNumGroups);
        conv_norm_out = Blank.GroupNorm(config.NormNumGroups, channels[^1], VaeLevel.Eps);
        conv_out = Blank.Conv3x3(channels[^1], config.OutChannels);
        RegisterComponents();
    }

    /// <summary>(B, latent, h, w) -> (B, out, f h, f w).</summary>
    public override Tensor forward(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var hidden = conv_in.call(latents);
        hidden = HiddenState.Replace(hidden, mid_block.call(hidden), latents);
        foreach (var block in up_blocks)
        {
            hidden = HiddenState.Replace(hidden, block.call(hidden), latents);
        }

        return conv_out.call(Activation.Silu(conv_norm_out.call(hidden))).MoveToOuterDisposeScope();
    }
}
