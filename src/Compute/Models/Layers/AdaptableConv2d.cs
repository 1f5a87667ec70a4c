using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>A two-dimensional convolution with bias that an adapter can take over at run time.</summary>
public sealed class AdaptableConv2d : AdaptableLayer
{
    private readonly long[] _stride;
    private readonly long[] _padding;

    /// <summary>Creates the layer on the meta device: without memory, until weights are assigned.</summary>
    /// <param name="inChannels">Channels of the input, 1 or more.</param>
    /// <param name="outChannels">Channels of the output, 1 or more.</param>
    /// <param name="size">Side of the kernel, 1 or more.</param>
    /// <param name="stride">Step of the kernel, 1 or more.</param>
    /// <param name="padding">Zeros added at each side, 0 or more.</param>
    public AdaptableConv2d(long inChannels, long outChannels, long size, long stride = 1, long padding = 0)
        : base(nameof(AdaptableConv2d), inChannels, outChannels, [size, size], hasBias: true)
    {
        _stride = [stride, stride];
        _padding = [padding, padding];
    }

    /// <summary>(B, in, h, w) -> (B, out, h', w').</summary>
    public override Tensor Run(Tensor input, Tensor other, Tensor? otherBias) => functional.conv2d(input, other, otherBias, _stride, _padding);

    /// <summary>(B, r, h, w) -> (B, out, h, w).</summary>
    public override Tensor Mix(Tensor input, Tensor other) => functional.conv2d(input, other);
}
