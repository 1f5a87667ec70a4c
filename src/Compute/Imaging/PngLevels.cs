using System.Buffers.Binary;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>
/// Numbers of a PNG that a decoder to 8-bit colours hides: the indices of a palette, and all 16 bits of a grey value. The file is relabelled so that the
/// decoder gives them: a palette becomes a ramp of greys, and two bytes of one channel two channels of one byte (the filters of PNG work on bytes at the same
/// distance in both).
/// </summary>
internal static class PngLevels
{
    private const int PaletteType = 3;
    private const int GreyType = 0;
    private const int GreyAlphaType = 4;
    private const int RgbaType = 6;

    /// <summary>Whether the picture's pixels are indices of a palette.</summary>
    /// <param name="file">A PNG file, or any other.</param>
    public static bool HasPalette(ReadOnlySpan<byte> file) => Header(file) is (_, PaletteType);

    /// <summary>Whether the picture has one channel of 16 bits, with alpha or without.</summary>
    /// <param name="file">A PNG file, or any other.</param>
    public static bool IsDeepGrey(ReadOnlySpan<byte> file) => Header(file) is (16, GreyType or GreyAlphaType);

    /// <summary>The indices of a palette's picture, upright, row by row.</summary>
    /// <param name="png">The file, which has been decoded once.</param>
    /// <param name="name">The file's name for messages.</param>
    /// <param name="field">The option that named it.</param>
    public static ushort[] Indices(byte[] png, string name, string field)
    {
        var (depth, _) = Header(png)!.Value;
        var ramp = new byte[(1 << depth) * 3];
        for (var i = 0; i < ramp.Length; i++)
        {
            ramp[i] = (byte)(i / 3);
        }

        return Array.ConvertAll(ImageDecoder.Decode(Relabel(png, depth, PaletteType, ramp), name, field, toSrgb: false).Rgba, pixel => (ushort)(pixel & 255));
    }

    /// <summary>The 16-bit values of a grey picture, upright, row by row; alpha is left out.</summary>
    /// <param name="png">The file, which has been decoded once.</param>
    /// <param name="name">The file's name for messages.</param>
    /// <param name="field">The option that named it.</param>
    public static ushort[] DeepGreys(byte[] png, string name, string field)
    {
        var withAlpha = Header(png)!.Value.ColourType == GreyAlphaType;
        var pixels = ImageDecoder.Decode(Relabel(png, 8, withAlpha ? RgbaType : GreyAlphaType, null), name, field, toSrgb: false).Rgba;
        return withAlpha
            ? Array.ConvertAll(pixels, pixel => (ushort)(((pixel & 255) << 8) | ((pixel >> 8) & 255)))
            : Array.ConvertAll(pixels, pixel => (ushort)(((pixel & 255) << 8) | (pixel >> 24)));
    }

    private static (int Depth, int ColourType)? Header(ReadOnlySpan<byte> file)
    {
        if (ImageHeader.FormatOf(file) != ImageFormat.Png)
        {
            return null;
        }

        foreach (var chunk in new PngChunks(file))
        {
            return chunk.Is("IHDR"u8) && chunk.Data.Length >= 13 ? (chunk.Data[8], chunk.Data[9]) : null;
        }

        return null;
    }

    // Only what tells pixels and orientation is kept: transparency, gamma and the like belong to the old labels.
    private static byte[] Relabel(byte[] png, int depth, int colourType, byte[]? palette)
    {
        using var result = new MemoryStream(png.Length + 1024);
        result.Write(PngChunks.Signature);
        var hasPalette = false;
        foreach (var chunk in new PngChunks(png))
        {
            if (chunk.Is("IHDR"u8))
            {
                var header = chunk.Data.ToArray();
                (header[8], header[9]) = ((byte)depth, (byte)colourType);
                Write(result, chunk.Type, header);
            }
            else if (chunk.Is("PLTE"u8) && palette is not null && !hasPalette)
            {
                Write(result, chunk.Type, palette);
                hasPalette = true;
            }
            else if (chunk.Is("IDAT"u8) || chunk.Is("IEND"u8) || chunk.Is("eXIf"u8))
            {
                Write(result, chunk.Type, chunk.Data);
            }
        }

        return result.ToArray();
    }

    private static void Write(MemoryStream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] typeAndData = [.. type, .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(typeAndData);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(typeAndData));
        stream.Write(number);
    }
}
