using System.Globalization;
using SkiaSharp;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>From bytes to upright pixels, within <see cref="ImageLimits"/>.</summary>
internal static class ImageDecoder
{
    private const int Piece = 1 << 16;
    private const int Front = 1 << 18;

    /// <summary>Reads a file, a pipe or a device, up to the limit: what has no length is read until it ends or has more than that.</summary>
    /// <exception cref="InvalidInputException">It is missing, unreadable, empty or larger than the limit.</exception>
    public static byte[] ReadFile(string path, string field)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new InvalidInputException($"The {field} is empty: no file is named.", field);
        }

        if (Directory.Exists(path))
        {
            throw new InvalidInputException($"The {field} {path} is a folder, not a picture.", field);
        }

        if (!File.Exists(path))
        {
            throw new InvalidInputException($"The {field} {path} does not exist.", field);
        }

        try
        {
            using var stream = File.OpenRead(path);
            var length = stream.CanSeek ? stream.Length : 0;
            if (length > 0)
            {
                ThrowIfTooLong(length, path, field);
            }

            using var content = new MemoryStream((int)length);
            var piece = new byte[Piece];
            int read;
            while ((read = stream.Read(piece)) > 0)
            {
                content.Write(piece, 0, read);
                if (content.Length > ImageLimits.MaxFileBytes)
                {
                    throw new InvalidInputException(
                        $"The {field} {path} has more than {ImageLimits.MaxFileBytes >> 20} MiB; at most {ImageLimits.MaxFileBytes >> 20} MiB are read.",
                        field,
                        "Give a picture."
                    );
                }
            }

            ThrowIfTooLong(content.Length, path, field);
            return content.Length == content.Capacity ? content.GetBuffer() : content.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InvalidInputException($"The {field} {path} can't be read: {e.Message}", field, inner: e);
        }
    }

    /// <summary>Checks what the header of a file says against the limits; decodes nothing.</summary>
    /// <returns>Bytes of the file, and its sides once it is upright.</returns>
    /// <exception cref="InvalidInputException">It is missing, unreadable, no picture, over the limits or cut short within its header.</exception>
    public static (long Bytes, int Width, int Height) ReadHeader(string path, string field)
    {
        if (Directory.Exists(path))
        {
            throw new InvalidInputException($"The {field} {path} is a folder, not a picture.", field);
        }

        if (!File.Exists(path))
        {
            throw new InvalidInputException($"The {field} {path} does not exist.", field);
        }

        byte[] front;
        long bytes;
        try
        {
            using var stream = File.OpenRead(path);
            bytes = stream.Length;
            ThrowIfTooLong(bytes, path, field);
            front = new byte[Math.Min(bytes, Front)];
            stream.ReadExactly(front);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InvalidInputException($"The {field} {path} can't be read: {e.Message}", field, inner: e);
        }

        // A header behind more than that is rare: a camera's thumbnails and profiles.
        var format = RequireFormat(front, path, field);
        var header = ImageHeader.Read(front) ?? (bytes > Front ? ImageHeader.Read(ReadFile(path, field)) : null) ?? throw CutShort(format, path, field);
        ThrowIfTooLarge(header, path, field);
        return header.Orientation.SwapsSides() ? (bytes, (int)header.Height, (int)header.Width) : (bytes, (int)header.Width, (int)header.Height);
    }

    /// <summary>Checks the header against the limits and decodes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The file's name for messages.</param>
    /// <param name="field">The option that named it.</param>
    /// <param name="toSrgb">True to convert embedded colour profiles to sRGB; false to take the stored values as they are, as masks are meant.</param>
    /// <exception cref="InvalidInputException">Not a picture, over the limits, cut short or damaged.</exception>
    public static DecodedImage Decode(byte[] bytes, string name, string field, bool toSrgb)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ThrowIfTooLong(bytes.LongLength, name, field);
        var format = RequireFormat(bytes, name, field);
        if (ImageHeader.Read(bytes) is not { } header)
        {
            throw CutShort(format, name, field);
        }

        ThrowIfTooLarge(header, name, field);
        var (width, height) = ((int)header.Width, (int)header.Height);
        var (pixels, hasAlpha) = Pixels(bytes, header, name, field, toSrgb);
        var upright = header.Orientation.Apply(pixels, width, height);
        return header.Orientation.SwapsSides()
            ? new DecodedImage(height, width, upright, hasAlpha, header.Orientation)
            : new DecodedImage(width, height, upright, hasAlpha, header.Orientation);
    }

    private static unsafe (uint[] Pixels, bool HasAlpha) Pixels(byte[] bytes, ImageHeader header, string name, string field, bool toSrgb)
    {
        fixed (byte* start = bytes)
        {
            using var data = SKData.Create((nint)start, bytes.Length);
            using var codec = SKCodec.Create(data) ?? throw CutShort(header.Format, name, field);
            if (codec.Info.Width != header.Width || codec.Info.Height != header.Height)
            {
                // The limits were checked on our reading of the header; a decoder that reads another size must not get to allocate it.
                throw CutShort(header.Format, name, field);
            }

            using var srgb = toSrgb ? SKColorSpace.CreateSrgb() : null;
            var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul, srgb);
            var pixels = new uint[info.Width * info.Height];
            fixed (uint* target = pixels)
            {
                var result = codec.GetPixels(info, (nint)target);
                return result == SKCodecResult.Success ? (pixels, codec.Info.AlphaType != SKAlphaType.Opaque) : throw CutShort(header.Format, name, field);
            }
        }
    }

    private static ImageFormat RequireFormat(byte[] bytes, string name, string field) =>
        ImageHeader.FormatOf(bytes)
        ?? throw new InvalidInputException($"The {field} {name} is not a PNG, JPEG or WebP picture.", field, "Save it as PNG or JPEG.");

    private static void ThrowIfTooLong(long bytes, string name, string field)
    {
        if (bytes == 0)
        {
            throw new InvalidInputException($"The {field} {name} is empty.", field);
        }

        if (bytes > ImageLimits.MaxFileBytes)
        {
            throw new InvalidInputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The {field} {name} has {bytes / 1048576.0:0.#} MiB; at most {ImageLimits.MaxFileBytes >> 20} MiB are read."
                ),
                field,
                "Save it with fewer pixels or as JPEG."
            );
        }
    }

    private static void ThrowIfTooLarge(ImageHeader header, string name, string field)
    {
        if (header.Width is 0 || header.Height is 0)
        {
            throw new InvalidInputException($"The {field} {name} says it is {header.Width} x {header.Height} pixels: it is damaged.", field);
        }

        // Sides first: their product can't overflow then.
        if (header.Width > ImageLimits.MaxSide || header.Height > ImageLimits.MaxSide || header.Width * header.Height > ImageLimits.MaxPixels)
        {
            throw new InvalidInputException(
                $"The {field} {name} is {header.Width} x {header.Height} pixels; at most {ImageLimits.MaxPixels >> 20} megapixels and {ImageLimits.MaxSide} "
                    + $"pixels a side are read.",
                field,
                "Scale it down first."
            );
        }
    }

    private static InvalidInputException CutShort(ImageFormat format, string name, string field)
    {
        var kind = format switch
        {
            ImageFormat.Png => "PNG",
            ImageFormat.Jpeg => "JPEG",
            _ => "WebP",
        };
        return new InvalidInputException(
            $"The {field} {name} starts as a {kind} picture but is cut short or damaged.",
            field,
            "Copy or export the file again."
        );
    }
}

/// <summary>A decoded, upright picture before it becomes a photo or a mask.</summary>
/// <param name="Width">Pixels a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Rgba">One value a pixel: red in the lowest byte, then green, blue and alpha, not premultiplied.</param>
/// <param name="HasAlpha">True when the format carries alpha, whether or not it is used.</param>
/// <param name="Orientation">What EXIF asked for; it has been applied.</param>
internal sealed record DecodedImage(int Width, int Height, uint[] Rgba, bool HasAlpha, ExifOrientation Orientation);
