using System.Buffers.Binary;
using SkiaSharp;

namespace OrleansOneShot.Fuzz.Mutators;

/// <summary>Sound pictures of every format, small.</summary>
internal static class PictureSeeds
{
    /// <summary>Pictures of a format.</summary>
    /// <param name="format">png, jpeg or webp.</param>
    public static IReadOnlyList<byte[]> Of(string format)
    {
        var found = new List<byte[]>();
        foreach (var (width, height) in new[] { (64, 48), (16, 16), (97, 31) })
        {
            foreach (var alpha in new[] { SKAlphaType.Opaque, SKAlphaType.Unpremul })
            {
                using var bitmap = Bitmap(width, height, alpha);
                using var image = SKImage.FromBitmap(bitmap);
                found.AddRange(
                    format switch
                    {
                        "png" => [Encode(image, SKEncodedImageFormat.Png, 90)],
                        "jpeg" => Turned(Encode(image, SKEncodedImageFormat.Jpeg, 80)),
                        _ =>
                        [
                            Encode(image, SKEncodedImageFormat.Webp, 80),
                            Encode(image, SKEncodedImageFormat.Webp, 100),
                            Extended(Encode(image, SKEncodedImageFormat.Webp, 80)),
                        ],
                    }
                );
            }
        }

        return format == "png" ? [.. found, .. PngSeeds.All()] : found;
    }

    /// <summary>EXIF data that turns a picture.</summary>
    /// <param name="orientation">1 to 8 are sound.</param>
    public static byte[] Tiff(int orientation)
    {
        var tiff = new byte[26];
        "II*\0"u8.CopyTo(tiff);
        (tiff[4], tiff[8], tiff[14], tiff[18]) = (8, 1, 1, (byte)orientation);
        BinaryPrimitives.WriteUInt16LittleEndian(tiff.AsSpan(10), 0x112);
        BinaryPrimitives.WriteUInt16LittleEndian(tiff.AsSpan(12), 3);
        return tiff;
    }

    private static SKBitmap Bitmap(int width, int height, SKAlphaType alpha)
    {
        var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, alpha);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                bitmap.SetPixel(
                    x,
                    y,
                    new SKColor((byte)(x * 4), (byte)(y * 5), (byte)((x * 31) ^ (y * 17)), alpha == SKAlphaType.Opaque ? (byte)255 : (byte)(x * 3))
                );
            }
        }

        return bitmap;
    }

    private static byte[] Encode(SKImage image, SKEncodedImageFormat format, int quality)
    {
        using var data = image.Encode(format, quality);
        return data.ToArray();
    }

    private static byte[][] Turned(byte[] jpeg) => [jpeg, WithExif(jpeg, 6), WithExif(jpeg, 3)];

    private static byte[] WithExif(byte[] jpeg, int orientation)
    {
        var tiff = Tiff(orientation);
        var segment = new byte[10 + tiff.Length];
        (segment[0], segment[1]) = (0xFF, 0xE1);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)(8 + tiff.Length));
        "Exif\0\0"u8.CopyTo(segment.AsSpan(4));
        tiff.CopyTo(segment, 10);
        return [.. jpeg[..2], .. segment, .. jpeg[2..]];
    }

    private static byte[] Extended(byte[] webp)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("RIFF"u8);
        writer.Write(webp.Length - 8 + 18 + 8 + 26);
        writer.Write("WEBPVP8X"u8);
        writer.Write(10);
        writer.Write((byte)0x08);
        writer.Write((ReadOnlySpan<byte>)[0, 0, 0, 63, 0, 0, 47, 0, 0]);
        writer.Write(webp.AsSpan(12));
        writer.Write("EXIF"u8);
        writer.Write(26);
        writer.Write(Tiff(5));
        return file.ToArray();
    }
}
