using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>What an input picture may be at most. Checked on the file's size and header, before anything is decoded.</summary>
public static class ImageLimits
{
    /// <summary>Bytes of a file: 64 MiB.</summary>
    public const long MaxFileBytes = InputLimits.FileBytes;

    /// <summary>Pixels: 64 Mi, such as 8192 x 8192.</summary>
    public const long MaxPixels = 64L << 20;

    /// <summary>Pixels along one side.</summary>
    public const int MaxSide = 16384;
}
