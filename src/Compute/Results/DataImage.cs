using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Results;

/// <summary>Pictures as data URIs, so that what shows them needs no other file.</summary>
internal static class DataImage
{
    /// <summary>What each begins with.</summary>
    public const string Prefix = "data:image/jpeg;base64,";

    private const int ThumbnailSide = 256;
    private const int ThumbnailBytes = 64 * 1024;

    /// <summary>The thumbnail of a file of weights: 256 pixels and 64 KiB at most, before base64 (modelspec: "very small").</summary>
    /// <param name="image">The picture.</param>
    public static string Thumbnail(RgbImage image) => Of(image, ThumbnailSide, ThumbnailBytes);

    /// <summary>A picture within limits.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="side">Most pixels of its longer side.</param>
    /// <param name="bytes">Most bytes, before base64.</param>
    public static string Of(RgbImage image, int side, int bytes) => Prefix + Convert.ToBase64String(JpegWriter.EncodeWithin(image, side, bytes));
}
