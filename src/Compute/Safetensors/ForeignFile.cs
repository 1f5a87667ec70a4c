using System.Text;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Safetensors;

/// <summary>
/// Tells by its first bytes what a file is that should hold tensors and doesn't: what a failed download leaves behind (a web page, an LFS pointer, an error
/// message), another container, or nothing. Asked where any safetensors file is opened, so that models, LoRAs, embeddings and everything else are told alike.
/// </summary>
internal static class ForeignFile
{
    /// <summary>How many of the first bytes are looked at.</summary>
    public const int Looked = 512;

    private const string DownloadAgain = "Download it again, with the address of the file itself and, where the page asks for it, signed in.";
    private const string Unpack = "Unpack it and give the .safetensors file within.";
    private const string Convert = "Convert it once with safetensors.torch.save_file(torch.load(f, weights_only=True), 'x.safetensors').";
    private const string Pickle = "is a PyTorch pickle, which can run code when opened, so it is never opened here";

    private static readonly (byte[] Magic, string What, string Hint)[] s_magics =
    [
        ([0x1f, 0x8b], "is a gzip archive, not a safetensors file", Unpack),
        ([(byte)'7', (byte)'z', 0xbc, 0xaf, 0x27, 0x1c], "is a 7-Zip archive, not a safetensors file", Unpack),
        ("Rar!"u8.ToArray(), "is a RAR archive, not a safetensors file", Unpack),
        ([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], "is an xz archive, not a safetensors file", Unpack),
        ([0x28, 0xb5, 0x2f, 0xfd], "is a Zstandard archive, not a safetensors file", Unpack),
        ("BZh"u8.ToArray(), "is a bzip2 archive, not a safetensors file", Unpack),
        ("GGUF"u8.ToArray(), "is a GGUF file, not a safetensors file", "Take the file that it was quantised from."),
        ([0x89, (byte)'H', (byte)'D', (byte)'F'], "is an HDF5 file (Keras), not a safetensors file", "Take the PyTorch variant, as safetensors."),
        (
            [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'],
            "is a NumPy file, not a safetensors file",
            "Convert it with safetensors.numpy.save_file."
        ),
        (
            [0x89, (byte)'P', (byte)'N', (byte)'G'],
            "is a PNG picture, not a safetensors file",
            "An embedding that hides in a picture must be converted once to safetensors."
        ),
        ([0xff, 0xd8, 0xff], "is a JPEG picture, not a safetensors file", "Take the file itself, not its preview."),
        ("RIFF"u8.ToArray(), "is a RIFF file, such as a WebP picture, not a safetensors file", "Take the file itself, not its preview."),
        ("%PDF"u8.ToArray(), "is a PDF document, not a safetensors file", DownloadAgain),
        ([0x7f, (byte)'E', (byte)'L', (byte)'F'], "is a program, not a safetensors file", DownloadAgain),
        ("MZ"u8.ToArray(), "is a Windows program, not a safetensors file", DownloadAgain),
    ];

    /// <summary>Refuses what is never a safetensors file: pickles and the archives that hold them.</summary>
    /// <param name="start">The first bytes, at least 8 of them or all.</param>
    /// <param name="shown">The file's name in messages.</param>
    /// <exception cref="InvalidInputException">It is one.</exception>
    public static void RefusePickle(ReadOnlySpan<byte> start, string shown)
    {
        // PyTorch's own files are zip archives or bare pickles (protocol 2 and up start with 0x80); the length that a safetensors file starts with ends with a
        // zero byte.
        if (start is [0x80, >= 2 and <= 5, _, _, _, _, _, not 0, ..])
        {
            throw new InvalidInputException($"{shown} {Pickle}.", shown, Convert);
        }

        if (start.StartsWith("PK\u0003\u0004"u8))
        {
            throw IsPlainZip(start)
                ? new InvalidInputException($"{shown} is a ZIP archive, not a safetensors file.", shown, Unpack)
                : new InvalidInputException($"{shown} {Pickle}.", shown, Convert);
        }
    }

    /// <summary>Says what a file is that is no safetensors file.</summary>
    /// <param name="start">The first bytes, up to <see cref="Looked"/>.</param>
    /// <param name="length">The file's length in bytes.</param>
    /// <param name="shown">The file's name in messages.</param>
    /// <returns>The error that tells it, or null when nothing is known but that it is no safetensors file.</returns>
    public static InvalidInputException? Tell(ReadOnlySpan<byte> start, long length, string shown)
    {
        if (length == 0)
        {
            return Said("is empty: it has no bytes at all", "Download or export it again; the disk may have been full.");
        }

        foreach (var (magic, what, hint) in s_magics)
        {
            if (start.StartsWith(magic))
            {
                return Said(what, hint);
            }
        }

        if (start.Length >= 262 && start[257..].StartsWith("ustar"u8))
        {
            return Said("is a tar archive, not a safetensors file", Unpack);
        }

        if (!start.ContainsAnyExcept((byte)0) && start.Length >= 8)
        {
            return Said("begins with zeros alone, as an interrupted download or copy leaves it", "Download or copy it again.");
        }

        return OfText(start) is { } text ? Said(text.What, text.Hint) : null;

        InvalidInputException Said(string what, string hint) => new($"{shown} {what}.", shown, hint);
    }

    private static (string What, string Hint)? OfText(ReadOnlySpan<byte> start)
    {
        var text = Encoding.UTF8.GetString(start).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        if (text.StartsWith("version https://git-lfs", StringComparison.Ordinal))
        {
            return ("is a Git LFS pointer: it names the file and isn't the file", "Fetch the file itself with: git lfs pull");
        }

        if (text.StartsWith('<'))
        {
            return text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase) && !text.Contains("<html", StringComparison.OrdinalIgnoreCase)
                    ? ("is an XML document, such as a server's error message, not a safetensors file", DownloadAgain)
                : IsText(text) ? ("is an HTML page, such as a sign-in page, not a safetensors file", DownloadAgain)
                : null;
        }

        if (!IsText(text))
        {
            return null;
        }

        return text[0] is '{' or '['
            ? ("is JSON text, such as a server's error message, not a safetensors file", DownloadAgain)
            : ($"is text that begins with \"{Wording.Cut(text.ReplaceLineEndings(" ").Trim(), 40)}\", not a safetensors file", DownloadAgain);
    }

    // A length of 8 bytes never looks like this: eight letters claim more than any disk holds. The end may be cut within a character.
    private static bool IsText(string text) =>
        text.Length >= 4 && text.TrimEnd('\uFFFD').All(c => c is '\t' or '\r' or '\n' or '\f' || (!char.IsControl(c) && c != '\uFFFD'));

    // torch.save writes NAME/data.pkl first (newer versions .format_version or byteorder beside it); whatever names something else is an archive that somebody
    // packed.
    private static bool IsPlainZip(ReadOnlySpan<byte> start)
    {
        if (start.Length < 30)
        {
            return false;
        }

        var nameLength = start[26] | (start[27] << 8);
        if (nameLength == 0 || start.Length < 30 + nameLength)
        {
            return false;
        }

        var name = Encoding.UTF8.GetString(start.Slice(30, nameLength));
        return name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || !name.Contains('/', StringComparison.Ordinal) || name.EndsWith('/');
    }
}
