namespace OrleansOneShot.Compute.Imaging;

/// <summary>
/// Reads photos: PNG, JPEG and WebP within <see cref="ImageLimits"/>, turned upright by EXIF, colour profiles converted to sRGB, transparency laid on white.
/// </summary>
public static class ImageReader
{
    /// <summary>Reads the bytes of a picture's file, pipe or device, within <see cref="ImageLimits.MaxFileBytes"/>.</summary>
    /// <param name="path">The file. What is no regular file can be read once.</param>
    /// <param name="field">The option that named it, for messages.</param>
    /// <returns>All of it.</returns>
    /// <exception cref="InvalidInputException">The file is missing, a folder, empty or too long.</exception>
    public static byte[] ReadBytes(string path, string field = "image") => ImageDecoder.ReadFile(path, field);

    /// <summary>Looks at the header of a file alone: what can be refused of many pictures before work begins with the first.</summary>
    /// <param name="path">The file.</param>
    /// <param name="field">The option that named it, for messages.</param>
    /// <returns>Bytes of the file, and the sides of the upright picture in pixels.</returns>
    /// <exception cref="InvalidInputException">The file is missing, no picture, over the limits or cut short within its header.</exception>
    public static (long Bytes, int Width, int Height) ReadHeader(string path, string field = "image") => ImageDecoder.ReadHeader(path, field);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="field">The option that named it, for messages.</param>
    /// <exception cref="InvalidInputException">The file is missing, no picture, over the limits, cut short or damaged.</exception>
    public static RgbImage Read(string path, string field = "image") => Read(ImageDecoder.ReadFile(path, field), path, field);

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="field">The option that named it, for messages.</param>
    /// <exception cref="InvalidInputException">No picture, over the limits, cut short or damaged.</exception>
    public static RgbImage Read(byte[] bytes, string name, string field = "image")
    {
        var decoded = ImageDecoder.Decode(bytes, name, field, toSrgb: true);
        var rgb = new byte[decoded.Rgba.Length * 3];
        var composed = false;
        for (int i = 0, o = 0; i < decoded.Rgba.Length; i++, o += 3)
        {
            var pixel = decoded.Rgba[i];
            var alpha = pixel >> 24;
            composed |= alpha != 255;
            rgb[o] = OnWhite(pixel & 255, alpha);
            rgb[o + 1] = OnWhite((pixel >> 8) & 255, alpha);
            rgb[o + 2] = OnWhite((pixel >> 16) & 255, alpha);
        }

        List<string> notes = [];
        if (decoded.Orientation != ExifOrientation.Upright)
        {
            notes.Add("rotated by EXIF");
        }

        if (composed)
        {
            notes.Add("transparent parts laid on white");
        }

        return new RgbImage(decoded.Width, decoded.Height, rgb, notes);
    }

    private static byte OnWhite(uint value, uint alpha) => (byte)(((value * alpha) + (255 * (255 - alpha)) + 127) / 255);
}
