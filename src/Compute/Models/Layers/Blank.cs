using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>
/// Layers on the meta device: they have shapes and no memory, until weights are assigned. Building Stable Diffusion this way takes milliseconds instead
/// of seconds.
/// </summary>
internal static class Blank
{
    public static AdaptableLinear Linear(long inFeatures, long outFeatures, bool hasBias = true) => new(inFeatures, outFeatures, hasBias);

    public static AdaptableConv2d Conv3x3(long inChannels, long outChannels, long stride = 1, long padding = 1) =>
        new(inChannels, outChannels, 3, stride, padding);

    public static AdaptableConv2d Conv1x1(long inChannels, long outChannels) => new(inChannels, outChannels, 1);

    /// <summary>A convolution whose kernels tile the picture.</summary>
    public static Conv2d Patches(long inChannels, long outChannels, long size, bool hasBias = false) =>
        nn.Conv2d(inChannels, outChannels, size, stride: size, bias: hasBias, device: META);

    public static GroupNorm GroupNorm(long groups, long channels, double eps) => nn.GroupNorm(groups, channels, eps, device: META);

    public static LayerNorm LayerNorm(long size, double eps) => nn.LayerNorm(size, eps, device: META);

    public static Parameter Parameter(params long[] shape) => new Parameter(empty(shape, device: META), requires_grad: false).Kept();
}
