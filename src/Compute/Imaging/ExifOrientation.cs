using System.Buffers.Binary;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>EXIF's orientation tag (0x0112): how stored rows and columns relate to the upright picture.</summary>
internal enum ExifOrientation
{
    /// <summary>Stored upright.</summary>
    Upright = 1,

    /// <summary>Mirrored left to right.</summary>
    MirroredHorizontally = 2,

    /// <summary>Rotated by 180 degrees.</summary>
    Rotated180 = 3,

    /// <summary>Mirrored top to bottom.</summary>
    MirroredVertically = 4,

    /// <summary>Mirrored along the main diagonal.</summary>
    Transposed = 5,

    /// <summary>To be turned right by 90 degrees to stand upright.</summary>
    Right90 = 6,

    /// <summary>Mirrored along the other diagonal.</summary>
    Transversed = 7,

    /// <summary>To be turned left by 90 degrees to stand upright.</summary>
    Left90 = 8,
}

/// <summary>Reading and applying <see cref="ExifOrientation"/>.</summary>
internal static class ExifOrientations
{
    private const int OrientationTag = 0x0112;

    /// <summary>True when width and height change places.</summary>
    public static bool SwapsSides(this ExifOrientation orientation) => orientation >= ExifOrientation.Transposed;

    /// <summary>
    /// The orientation that a TIFF block (the content of an EXIF segment) tells, or upright when it tells none or is damaged, as viewers take it.
    /// </summary>
    public static ExifOrientation Parse(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8 || !(tiff.StartsWith("II*\0"u8) || tiff.StartsWith("MM\0*"u8)))
        {
            return ExifOrientation.Upright;
        }

        var little = tiff[0] == (byte)'I';
        var directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
        {
            return ExifOrientation.Upright;
        }

        var entries = tiff[(int)directory..];
        var count = Short(entries, little);
        entries = entries[2..];
        for (var i = 0; i < count && entries.Length >= 12; i++, entries = entries[12..])
        {
            if (Short(entries, little) == OrientationTag)
            {
                var value = Short(entries[8..], little);
                return value is >= 1 and <= 8 ? (ExifOrientation)value : ExifOrientation.Upright;
            }
        }

        return ExifOrientation.Upright;
    }

    /// <summary>Turns stored pixels upright.</summary>
    /// <typeparam name="T">A pixel or a channel's value.</typeparam>
    /// <param name="orientation">How they are stored.</param>
    /// <param name="stored">The stored pixels, row by row.</param>
    /// <param name="width">Stored pixels a row.</param>
    /// <param name="height">Stored rows.</param>
    /// <returns>The upright pixels; rows of <paramref name="height"/> pixels when the sides swap.</returns>
    public static T[] Apply<T>(this ExifOrientation orientation, T[] stored, int width, int height)
    {
        if (orientation == ExifOrientation.Upright)
        {
            return stored;
        }

        var (newWidth, newHeight) = orientation.SwapsSides() ? (height, width) : (width, height);
        var upright = new T[stored.Length];
        for (var y = 0; y < newHeight; y++)
        {
            for (var x = 0; x < newWidth; x++)
            {
                var (sx, sy) = orientation switch
                {
                    ExifOrientation.MirroredHorizontally => (width - 1 - x, y),
                    ExifOrientation.Rotated180 => (width - 1 - x, height - 1 - y),
                    ExifOrientation.MirroredVertically => (x, height - 1 - y),
                    ExifOrientation.Transposed => (y, x),
                    ExifOrientation.Right90 => (y, height - 1 - x),
                    ExifOrientation.Transversed => (width - 1 - y, height - 1 - x),
                    _ => (width - 1 - y, x),
                };
                upright[(y * newWidth) + x] = stored[(sy * width) + sx];
            }
        }

        return upright;
    }

    private static int Short(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
