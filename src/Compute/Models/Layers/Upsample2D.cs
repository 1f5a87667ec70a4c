using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>Nearest-neighbour enlargement and a convolution (diffusers' <c>Upsample2D</c>).</summary>
internal sealed class Upsample2D : Module<Tensor, long[], Tensor>
{
    private readonly AdaptableConv2d conv;

    /// <summary>Creates the layer without memory.</summary>
    /// <param name="channels">Channels of input and output.</param>
    public Upsample2D(long channels)
        : base(nameof(Upsample2D))
    {
        conv = Blank.Conv3x3(channels, channels);
        RegisterComponents();
    }

    /// <summary>(B, C, h, w), size [H, W] -> (B, C, H, W). The size is given because a level of odd size is not twice the one below it.</summary>
    public override Tensor forward(Tensor input, long[] size)
    {
        using var enlarged = functional.interpolate(input, size, mode: InterpolationMode.Nearest);
        return conv.call(enlarged);
    }
}
