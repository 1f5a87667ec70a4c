using System.Buffers.Binary;
using System.Text;
using SkiaSharp;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>Writes PNG with text in its metadata. The same picture and text give the same bytes.</summary>
public static class PngWriter
{
    // Signature and IHDR: 8 + (4 + 4 + 13 + 4).
    private const int HeaderLength = 33;

    /// <summary>Encodes a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="text">
    /// Metadata by keyword (1 to 79 Latin-1 characters), in the order written: as tEXt where Latin-1 is enough, else as iTXt, as Pillow does.
    /// </param>
    /// <returns>The file's bytes.</returns>
    /// <exception cref="ArgumentException">A keyword is not one.</exception>
    public static byte[] Encode(RgbImage image, IEnumerable<KeyValuePair<string, string>>? text = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        return AddText(EncodePixels(image), text ?? []);
    }

    /// <summary>Encodes a picture into a file. The file appears whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="image">The picture.</param>
    /// <param name="text">Metadata by keyword, as in <see cref="Encode"/>.</param>
    public static void Write(string path, RgbImage image, IEnumerable<KeyValuePair<string, string>>? text = null) => WriteFile(path, Encode(image, text));

    /// <summary>Writes bytes into a file that appears whole or not at all.</summary>
    internal static void WriteFile(string path, byte[] bytes)
    {
        var partial = path + ".partial";
        try
        {
            File.WriteAllBytes(partial, bytes);
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    /// <summary>Puts text chunks behind the header of an encoded PNG.</summary>
    internal static byte[] AddText(byte[] png, IEnumerable<KeyValuePair<string, string>> text)
    {
        using var result = new MemoryStream(png.Length + 1024);
        result.Write(png, 0, HeaderLength);
        foreach (var (keyword, value) in text)
        {
            WriteChunk(result, keyword, value);
        }

        result.Write(png, HeaderLength, png.Length - HeaderLength);
        return result.ToArray();
    }

    private static unsafe byte[] EncodePixels(RgbImage image)
    {
        var rgba = new byte[image.Width * image.Height * 4];
        for (int i = 0, o = 0; i < image.Pixels.Length; i += 3, o += 4)
        {
            (rgba[o], rgba[o + 1], rgba[o + 2], rgba[o + 3]) = (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2], 255);
        }

        fixed (byte* pixels = rgba)
        {
            // No colour space: untagged, read as sRGB everywhere, and no profile in the file.
            var info = new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
            using var pixmap = new SKPixmap(info, (nint)pixels);
            using var data =
                pixmap.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.AllFilters, 6))
                ?? throw new InvalidOperationException("Skia could not encode the picture.");
            return data.ToArray();
        }
    }

    private static void WriteChunk(Stream stream, string keyword, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (keyword is not { Length: >= 1 and <= 79 } || !keyword.All(IsPrintableLatin1))
        {
            throw new ArgumentException($"\"{keyword}\" is no keyword of PNG text: 1 to 79 Latin-1 characters.", nameof(keyword));
        }

        var latin = value.All(c => c is >= ' ' and <= '~' or '\n' or '\t' or (>= '\u00A0' and <= '\u00FF'));
        byte[] data = latin
            ? [.. Encoding.Latin1.GetBytes(keyword), 0, .. Encoding.Latin1.GetBytes(value)]
            : [.. Encoding.Latin1.GetBytes(keyword), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(value)];
        byte[] typeAndData = [.. latin ? "tEXt"u8 : "iTXt"u8, .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(typeAndData);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(typeAndData));
        stream.Write(number);
    }

    private static bool IsPrintableLatin1(char c) => c is (>= ' ' and <= '~') or (>= '\u00A1' and <= '\u00FF');
}
