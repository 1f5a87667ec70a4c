using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>Halves height and width by a strided convolution (diffusers' <c>Downsample2D</c>).</summary>
internal sealed class Downsample2D : Module<Tensor, Tensor>
{
    private readonly AdaptableConv2d conv;
    private readonly bool _padsEndOnly;

    /// <summary>Creates the layer without memory.</summary>
    /// <param name="channels">Channels of input and output.</param>
    /// <param name="padsEndOnly">The VAE's way: zeros at the right and the bottom only; the UNet pads all four sides.</param>
    public Downsample2D(long channels, bool padsEndOnly)
        : base(nameof(Downsample2D))
    {
        _padsEndOnly = padsEndOnly;
        conv = Blank.Conv3x3(channels, channels, stride: 2, padding: padsEndOnly ? 0 : 1);
        RegisterComponents();
    }

    /// <summary>(B, C, h, w) -> (B, C, ceil(h / 2), ceil(w / 2)); with padding at the end only, floor.</summary>
    public override Tensor forward(Tensor input)
    {
        if (!_padsEndOnly)
        {
            return conv.call(input);
        }

        using var padded = functional.pad(input, [0, 1, 0, 1]);
        return conv.call(padded);
    }
}
