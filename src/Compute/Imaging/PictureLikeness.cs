namespace OrleansOneShot.Compute.Imaging;

/// <summary>Whether two pictures show the same.</summary>
internal static class PictureLikeness
{
    // Of so many pixels a side the likeness is measured: enough to tell a photo from a mask, and it costs nothing.
    private const int Side = 64;
    private const double SameWithin = 2;

    /// <summary>Whether one is the other, but for what a format loses.</summary>
    /// <param name="image">A picture.</param>
    /// <param name="photo">Another.</param>
    public static bool IsSame(DecodedImage image, RgbImage photo)
    {
        if (image.Width != photo.Width || image.Height != photo.Height)
        {
            return false;
        }

        var sum = 0L;
        for (var i = 0; i < image.Rgba.Length; i++)
        {
            var pixel = image.Rgba[i];
            sum +=
                Math.Abs((int)(pixel & 255) - photo.Pixels[i * 3])
                + Math.Abs((int)((pixel >> 8) & 255) - photo.Pixels[(i * 3) + 1])
                + Math.Abs((int)((pixel >> 16) & 255) - photo.Pixels[(i * 3) + 2]);
        }

        return sum < SameWithin * 3 * image.Rgba.Length;
    }

    /// <summary>The correlation of their brightness, -1 to 1; 0 where one has no contrast.</summary>
    /// <param name="image">A picture.</param>
    /// <param name="photo">Another, of any size.</param>
    public static double Correlation(DecodedImage image, RgbImage photo)
    {
        var first = Sample(
            image.Width,
            image.Height,
            i => Brightness((int)(image.Rgba[i] & 255), (int)((image.Rgba[i] >> 8) & 255), (int)((image.Rgba[i] >> 16) & 255))
        );
        var second = Sample(photo.Width, photo.Height, i => Brightness(photo.Pixels[i * 3], photo.Pixels[(i * 3) + 1], photo.Pixels[(i * 3) + 2]));
        var (meanFirst, meanSecond) = (first.Average(), second.Average());
        var (both, ofFirst, ofSecond) = (0.0, 0.0, 0.0);
        for (var i = 0; i < first.Length; i++)
        {
            var (a, b) = (first[i] - meanFirst, second[i] - meanSecond);
            (both, ofFirst, ofSecond) = (both + (a * b), ofFirst + (a * a), ofSecond + (b * b));
        }

        return ofFirst > 0 && ofSecond > 0 ? both / Math.Sqrt(ofFirst * ofSecond) : 0;
    }

    private static double[] Sample(int width, int height, Func<int, double> brightness)
    {
        var samples = new double[Side * Side];
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = brightness((int)((long)(i / Side) * height / Side * width) + (int)((long)(i % Side) * width / Side));
        }

        return samples;
    }

    private static double Brightness(int red, int green, int blue) => (0.299 * red) + (0.587 * green) + (0.114 * blue);
}
