using System.Buffers.Binary;
using OrleansOneShot.Compute.Imaging;
using SkiaSharp;

namespace OrleansOneShot.Compute.Tests.Imaging;

/// <summary>Pictures made by hand for the tests.</summary>
internal static class TestPictures
{
    /// <summary>A picture with a colour for each pixel.</summary>
    public static RgbImage Make(int width, int height, Func<int, int, (int R, int G, int B)> colour)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < width * height; i++)
        {
            var (r, g, b) = colour(i % width, i / width);
            (pixels[i * 3], pixels[(i * 3) + 1], pixels[(i * 3) + 2]) = ((byte)r, (byte)g, (byte)b);
        }

        return new RgbImage(width, height, pixels);
    }

    /// <summary>A smooth picture in which no two corners look alike.</summary>
    public static RgbImage Gradient(int width, int height) => Make(width, height, (x, y) => (255 * x / width, 255 * y / height, 128));

    /// <summary>A mask with a rectangle of one value.</summary>
    public static MaskImage Mask(int width, int height, PixelRectangle box, float value = 1)
    {
        var values = new float[width * height];
        for (var y = box.Y; y < box.Bottom; y++)
        {
            values.AsSpan((y * width) + box.X, box.Width).Fill(value);
        }

        return new MaskImage(width, height, values);
    }

    /// <summary>Encodes with Skia from one 32-bit value a pixel (R in the lowest byte).</summary>
    public static byte[] Encode(int width, int height, Func<int, int, uint> rgba, SKEncodedImageFormat format, int quality = 100)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        var pixels = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = rgba(i % width, i / width);
        }

        using var data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    /// <summary>A JPEG of four flat quarters: red, green / blue, white.</summary>
    public static byte[] QuartersJpeg(int width, int height) =>
        Encode(
            width,
            height,
            (x, y) =>
                (x < width / 2, y < height / 2) switch
                {
                    (true, true) => 0xFF0000FFu,
                    (false, true) => 0xFF00FF00u,
                    (true, false) => 0xFFFF0000u,
                    _ => 0xFFFFFFFFu,
                },
            SKEncodedImageFormat.Jpeg
        );

    /// <summary>Puts an APP1 segment with the orientation behind a JPEG's first marker.</summary>
    public static byte[] WithExif(byte[] jpeg, int orientation, bool littleEndian)
    {
        byte[] body = [.. "Exif\0\0"u8, .. Tiff(orientation, littleEndian)];
        var length = body.Length + 2;
        return [0xFF, 0xD8, 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. body, .. jpeg[2..]];
    }

    /// <summary>A TIFF block of two tags, the second of them the orientation.</summary>
    public static byte[] Tiff(int orientation, bool littleEndian)
    {
        var tiff = new byte[38];
        (littleEndian ? "II*\0"u8 : "MM\0*"u8).CopyTo(tiff);
        void Short(int at, int value)
        {
            if (littleEndian)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(tiff.AsSpan(at), (ushort)value);
            }
            else
            {
                BinaryPrimitives.WriteUInt16BigEndian(tiff.AsSpan(at), (ushort)value);
            }
        }

        tiff[littleEndian ? 4 : 7] = 8;
        Short(8, 2);
        Short(10, 0x0100); // Image width: a tag to be skipped.
        Short(12, 3);
        tiff[littleEndian ? 14 : 17] = 1;
        Short(18, 77);
        Short(22, 0x0112);
        Short(24, 3);
        tiff[littleEndian ? 26 : 29] = 1;
        Short(30, orientation);
        return tiff;
    }

    /// <summary>A PNG from its raw scan lines (filter byte included), with any further chunks between header and data.</summary>
    public static byte[] RawPng(int width, int height, byte depth, byte colourType, byte[] lines, params (string Type, byte[] Data)[] chunks)
    {
        using var png = new MemoryStream();
        png.Write(PngChunks.Signature);
        Chunk(png, "IHDR", Header(width, height, depth, colourType));
        foreach (var (type, data) in chunks)
        {
            Chunk(png, type, data);
        }

        using var compressed = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(compressed, System.IO.Compression.CompressionLevel.Fastest))
        {
            zlib.Write(lines);
        }

        Chunk(png, "IDAT", compressed.ToArray());
        Chunk(png, "IEND", []);
        return png.ToArray();
    }

    /// <summary>Signature and header of a PNG, and nothing more.</summary>
    public static byte[] PngHeader(int width, int height)
    {
        using var png = new MemoryStream();
        png.Write(PngChunks.Signature);
        Chunk(png, "IHDR", Header(width, height, 8, 2));
        return png.ToArray();
    }

    private static byte[] Header(int width, int height, byte depth, byte colourType)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (depth, colourType);
        return header;
    }

    private static void Chunk(Stream stream, string type, byte[] data)
    {
        byte[] typeAndData = [.. System.Text.Encoding.ASCII.GetBytes(type), .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(typeAndData);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(typeAndData));
        stream.Write(number);
    }
}
