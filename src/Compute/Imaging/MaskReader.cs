using System.Globalization;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>Reads masks: the alpha channel of a picture that uses one, else its brightness. Soft values stay soft.</summary>
public static class MaskReader
{
    /// <summary>How far the aspect ratios of mask and photo may be apart.</summary>
    private const double AspectTolerance = 0.01;
    private const double LeastCoverage = 0.0001;
    private const double FullCoverage = 0.99;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="width">Width of the upright photo.</param>
    /// <param name="height">Height of the upright photo.</param>
    /// <param name="field">The option that named it, for messages.</param>
    /// <returns>The mask at the photo's size, with warnings.</returns>
    /// <exception cref="InvalidInputException">The file is no picture, doesn't fit the photo's shape, or marks nothing.</exception>
    public static MaskImage Read(string path, int width, int height, string field = "mask") => Read(ImageDecoder.ReadFile(path, field), path, width, height, field);

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="width">Width of the upright photo.</param>
    /// <param name="height">Height of the upright photo.</param>
    /// <param name="field">The option that named it, for messages.</param>
    /// <returns>The mask at the photo's size, with warnings.</returns>
    /// <exception cref="InvalidInputException">The bytes are no picture, don't fit the photo's shape, or mark nothing.</exception>
    public static MaskImage Read(byte[] bytes, string name, int width, int height, string field = "mask")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        var decoded = ImageDecoder.Decode(bytes, name, field, toSrgb: false);
        ThrowIfOtherShape(decoded, name, width, height, field);
        var mask = new MaskImage(decoded.Width, decoded.Height, Values(decoded)).Resize(width, height);
        var coverage = mask.Coverage;
        if (coverage < LeastCoverage)
        {
            throw new InvalidInputException(
                string.Create(CultureInfo.InvariantCulture, $"The {field} {name} marks no object: {coverage:0.####%} of it is white."),
                field,
                "White (or opaque) marks the object, black (or transparent) the rest.");
        }

        List<string> warnings = [];
        if (mask.Width != decoded.Width || mask.Height != decoded.Height)
        {
            warnings.Add($"The {field} {name} was resized from {decoded.Width} x {decoded.Height} to the picture's {width} x {height}.");
        }

        if (coverage > FullCoverage)
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The {field} {name} covers {coverage:0.#%} of the picture: the background can't be told from the object."));
        }

        return new MaskImage(width, height, mask.Values, warnings);
    }

    private static float[] Values(DecodedImage image)
    {
        if (image.HasAlpha && image.Rgba.Any(p => p >> 24 != 255))
        {
            return Array.ConvertAll(image.Rgba, p => (p >> 24) / 255f);
        }

        // Brightness by ITU-R 601, the weights in 16 bits as in Pillow's conversion to "L"; a grey picture keeps its values.
        return Array.ConvertAll(image.Rgba, p => ((((p & 255) * 19595) + (((p >> 8) & 255) * 38470) + (((p >> 16) & 255) * 7471) + 0x8000) >> 16) / 255f);
    }

    private static void ThrowIfOtherShape(DecodedImage mask, string name, int width, int height, string field)
    {
        var apart = Aspect(mask.Width, mask.Height) / Aspect(width, height);
        if (Math.Abs(apart - 1) <= AspectTolerance)
        {
            return;
        }

        var swapped = Math.Abs((Aspect(mask.Height, mask.Width) / Aspect(width, height)) - 1) <= AspectTolerance;
        throw new InvalidInputException(
            $"The {field} {name} is {mask.Width} x {mask.Height}, the picture {width} x {height}: they are not of one shape.",
            field,
            swapped ? "The photo was turned upright by its EXIF data; turn the mask as well." : "Make the mask from this very picture.");
    }

    private static double Aspect(int width, int height) => (double)width / height;
}
