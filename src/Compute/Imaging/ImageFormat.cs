namespace OrleansOneShot.Compute.Imaging;

/// <summary>The file formats that are read.</summary>
internal enum ImageFormat
{
    /// <summary>Portable Network Graphics.</summary>
    Png,

    /// <summary>JPEG, baseline or progressive.</summary>
    Jpeg,

    /// <summary>WebP, lossy or lossless.</summary>
    WebP,
}
