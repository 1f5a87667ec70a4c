using System.Text;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>Reads the text in a PNG's metadata.</summary>
public static class PngText
{
    /// <summary>Reads the text of a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Texts by keyword; compressed ones are left out.</returns>
    /// <exception cref="InvalidInputException">The file is missing or no PNG.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path) => Read(ImageDecoder.ReadFile(path, "image"), path);

    /// <summary>Reads the text of a file's bytes.</summary>
    /// <param name="png">The whole file.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <returns>Texts by keyword; compressed ones are left out.</returns>
    /// <exception cref="InvalidInputException">The bytes are no PNG.</exception>
    public static IReadOnlyDictionary<string, string> Read(byte[] png, string name)
    {
        if (ImageHeader.FormatOf(png) != ImageFormat.Png)
        {
            throw new InvalidInputException($"The image {name} is not a PNG.", "image");
        }

        Dictionary<string, string> texts = [];
        foreach (var chunk in new PngChunks(png))
        {
            var end = chunk.Data.IndexOf((byte)0);
            if (end < 1)
            {
                continue;
            }

            var keyword = Encoding.Latin1.GetString(chunk.Data[..end]);
            var rest = chunk.Data[(end + 1)..];
            if (chunk.Is("tEXt"u8))
            {
                texts[keyword] = Encoding.Latin1.GetString(rest);
            }
            else if (chunk.Is("iTXt"u8) && International(rest) is { } text)
            {
                texts[keyword] = text;
            }
        }

        return texts;
    }

    // Compression flag, compression method, language tag, 0, translated keyword, 0, UTF-8 text.
    private static string? International(ReadOnlySpan<byte> data)
    {
        if (data.Length < 4 || data[0] != 0)
        {
            return null;
        }

        data = data[2..];
        for (var field = 0; field < 2; field++)
        {
            var end = data.IndexOf((byte)0);
            if (end < 0)
            {
                return null;
            }

            data = data[(end + 1)..];
        }

        return Encoding.UTF8.GetString(data);
    }
}
