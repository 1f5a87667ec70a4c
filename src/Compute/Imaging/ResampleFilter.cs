namespace OrleansOneShot.Compute.Imaging;

/// <summary>How a pixel of a resized picture is made of the old ones.</summary>
internal enum ResampleFilter
{
    /// <summary>Every old pixel by the part of it that the new pixel covers (<c>adaptive_avg_pool2d</c> has whole pixels; this has fractions).</summary>
    Area,

    /// <summary>Pillow's BILINEAR: a triangle, widened when shrinking.</summary>
    Bilinear,

    /// <summary>Pillow's BICUBIC: a = -0.5, widened when shrinking.</summary>
    Bicubic,
}
