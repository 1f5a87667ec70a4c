namespace OrleansOneShot.Compute.Lora;

/// <summary>One module of a LoRA before it has values.</summary>
/// <param name="Module">The module's full name in the UNet.</param>
/// <param name="InFeatures">Size of the layer's input.</param>
/// <param name="OutFeatures">Size of the layer's output.</param>
/// <param name="Rank">Rank r.</param>
/// <param name="Alpha">Alpha; the scale is alpha / r.</param>
/// <param name="Kernel">A convolution's (height, width); empty for a linear layer.</param>
internal sealed record LoraModuleShape(string Module, long InFeatures, long OutFeatures, long Rank, double Alpha, IReadOnlyList<long> Kernel)
{
    /// <summary>A's sizes: (r, in) or (r, in, kh, kw).</summary>
    public long[] ShapeOfA => [Rank, InFeatures, .. Kernel];

    /// <summary>B's sizes: (out, r) or (out, r, 1, 1).</summary>
    public long[] ShapeOfB => [OutFeatures, Rank, .. Kernel.Select(_ => 1L)];
}
