namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>
/// How many tensors and values a model has, worked out from its configuration alone. A configuration of a kilobyte can describe a model of any size; this is
/// compared with what the weight files hold before anything of those sizes is made.
/// </summary>
/// <param name="Tensors">Number of tensors.</param>
/// <param name="Values">Number of values in them.</param>
internal readonly record struct WeightCount(Int128 Tensors, Int128 Values)
{
    /// <summary>Both together.</summary>
    public static WeightCount operator +(WeightCount left, WeightCount right) => new(left.Tensors + right.Tensors, left.Values + right.Values);

    /// <summary>So many alike.</summary>
    public static WeightCount operator *(long count, WeightCount one) => new(count * one.Tensors, count * one.Values);

    /// <summary>All together.</summary>
    public static WeightCount Sum(IEnumerable<WeightCount> counts) => counts.Aggregate(default(WeightCount), (sum, one) => sum + one);

    /// <summary>One tensor.</summary>
    public static WeightCount Tensor(params ReadOnlySpan<long> shape)
    {
        Int128 values = 1;
        foreach (var size in shape)
        {
            values *= size;
        }

        return new WeightCount(1, values);
    }

    /// <summary>A linear layer or a 1x1 convolution.</summary>
    public static WeightCount Linear(long inSize, long outSize, bool hasBias = true) =>
        hasBias ? Tensor(inSize, outSize) + Tensor(outSize) : Tensor(inSize, outSize);

    /// <summary>A 3x3 convolution.</summary>
    public static WeightCount Conv3x3(long inChannels, long outChannels) => Tensor(inChannels, outChannels, 9) + Tensor(outChannels);

    /// <summary>A group or layer norm.</summary>
    public static WeightCount Norm(long size) => 2 * Tensor(size);

    /// <summary>A resnet block.</summary>
    /// <param name="inChannels">Channels that come in.</param>
    /// <param name="outChannels">Channels that go out.</param>
    /// <param name="timeSize">Size of the time embedding; null without one.</param>
    public static WeightCount Resnet(long inChannels, long outChannels, long? timeSize) =>
        Norm(inChannels)
        + Conv3x3(inChannels, outChannels)
        + (timeSize is { } time ? Linear(time, outChannels) : default)
        + Norm(outChannels)
        + Conv3x3(outChannels, outChannels)
        + (inChannels == outChannels ? default : Linear(inChannels, outChannels));
}
