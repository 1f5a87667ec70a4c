using System.Text;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Safetensors;

/// <summary>What is no safetensors file is told as what it is, where any such file is opened.</summary>
public sealed class ForeignFileTests : IDisposable
{
    private static readonly byte[] s_zeros = new byte[600];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-foreign-");

    public static TheoryData<string, byte[], string, string> Files =>
        new()
        {
            { "empty", [], "x.safetensors is empty: it has no bytes at all.", "again" },
            {
                "HTML",
                Text("<!DOCTYPE html><html><head><title>Sign in</title>", 549),
                "x.safetensors is an HTML page, such as a sign-in page, not a safetensors file.",
                "signed in"
            },
            { "HTML behind a mark and blanks", [0xef, 0xbb, 0xbf, .. Text("\r\n  <html lang=\"ö\">", 600)], "is an HTML page", "signed in" },
            { "HTML with a letter cut", Text("<html>" + new string('x', 505) + "ö"), "is an HTML page", "signed in" },
            { "XML", Text("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"), "is an XML document, such as a server's error message", "again" },
            {
                "LFS pointer",
                Text("version https://git-lfs.github.com/spec/v1\noid sha256:aaaa\nsize 144000000\n"),
                "x.safetensors is a Git LFS pointer: it names the file and isn't the file.",
                "git lfs pull"
            },
            { "JSON", Text("{\"error\":\"Repository not found\"}"), "is JSON text, such as a server's error message", "again" },
            {
                "text",
                Text("Access to model is restricted.\nPlease log in."),
                "is text that begins with \"Access to model is restricted. Please l…\", not a safetensors file.",
                "again"
            },
            { "short text", Text("Not Found"), "is text that begins with \"Not Found\"", "again" },
            { "zeros", s_zeros, "begins with zeros alone, as an interrupted download", "again" },
            { "gzip", [0x1f, 0x8b, 8, 0, .. s_zeros], "is a gzip archive", "Unpack" },
            { "7z", [(byte)'7', (byte)'z', 0xbc, 0xaf, 0x27, 0x1c, .. s_zeros], "is a 7-Zip archive", "Unpack" },
            { "tar", [.. Text("x.safetensors"), .. new byte[244], .. Text("ustar"), .. s_zeros], "is a tar archive", "Unpack" },
            { "zip", Zip("model/"), "is a ZIP archive, not a safetensors file.", "Unpack" },
            { "zip of the file", Zip("lora/cat.safetensors"), "is a ZIP archive", "Unpack" },
            { "torch.save", Zip("archive/data.pkl"), "is a PyTorch pickle, which can run code when opened, so it is never opened here.", "save_file" },
            { "torch.save, newer", Zip("cat/.format_version"), "is a PyTorch pickle", "save_file" },
            { "pickle", [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20], "is a PyTorch pickle", "save_file" },
            { "GGUF", [.. Text("GGUF"), 3, 0, 0, 0, .. s_zeros], "is a GGUF file", "quantised" },
            { "HDF5", [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0d, 0x0a, 0x1a, 0x0a], "is an HDF5 file", "safetensors" },
            { "NumPy", [0x93, .. Text("NUMPY"), 1, 0, .. s_zeros], "is a NumPy file", "safetensors" },
            { "PNG", [0x89, .. Text("PNG\r\n"), 0x1a, 0x0a, .. s_zeros], "is a PNG picture", "safetensors" },
            { "JPEG", [0xff, 0xd8, 0xff, 0xe0, 0, 0x10, .. Text("JFIF"), .. s_zeros], "is a JPEG picture", "preview" },
        };

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_ForeignFile_IsToldAsWhatItIs(string what, byte[] bytes, string expected, string hint)
    {
        _ = what;
        var path = Path.Combine(_folder.FullName, "x.safetensors");
        File.WriteAllBytes(path, bytes);
        var error = Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Hint, StringComparison.Ordinal);
        Assert.Equal("x.safetensors", error.Field);
    }

    [Fact]
    public void Open_Folder_IsToldAsOne() =>
        Assert.Contains(
            "is a folder, not a safetensors file",
            Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(_folder.FullName)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Get_BehindALink_ReadsTheFileAndNotTheLink()
    {
        // The link is shorter than the tensors' offsets.
        using var scope = NewDisposeScope();
        var (path, link) = (Path.Combine(_folder.FullName, "blob"), Path.Combine(_folder.FullName, "x.safetensors"));
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = TensorMath.Arange(1000, ScalarType.Float32) });
        File.CreateSymbolicLink(link, "blob");
        using var file = SafetensorsFile.Open(link);
        Assert.Equal(999f, file.Get("a")[999].item<float>());
        Assert.Equal(File.ReadAllBytes(path).LongLength, file.Header.FileLength);
    }

    [Theory]
    [InlineData("F8_E4M3")]
    [InlineData("F8_E5M2")]
    public void Get_EightBitNumbers_AreEveryOneTheirValue(string type)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(_folder.FullName, "x.safetensors");
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        var header = Encoding.UTF8.GetBytes($$$"""{"a":{"dtype":"{{{type}}}","shape":[16,16],"data_offsets":[0,256]}}""");
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. header, .. all]);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(
            (256L, 256L, ScalarType.Float16),
            (file.Header.Tensors["a"].ElementCount, file.Header.Tensors["a"].ByteLength, file.Header.Tensors["a"].ElementType)
        );
        Assert.Equal([16L, 16L], file.Get("a").shape);
        var values = file.Get("a").to(ScalarType.Float32).data<float>().ToArray();
        Assert.Equal(all.Select(code => Value(code, type)), values);
    }

    // From the definition: sign, exponent with its bias, mantissa with its hidden one.
    private static float Value(byte code, string type)
    {
        var (exponentBits, mantissaBits, bias) = type == "F8_E4M3" ? (4, 3, 7) : (5, 2, 15);
        var (exponent, mantissa) = ((code >> mantissaBits) & ((1 << exponentBits) - 1), code & ((1 << mantissaBits) - 1));
        var sign = code >= 128 ? -1f : 1f;
        if (type == "F8_E4M3" && (code & 0x7f) == 0x7f)
        {
            return float.NaN;
        }

        if (type == "F8_E5M2" && exponent == 31)
        {
            return mantissa == 0 ? sign * float.PositiveInfinity : float.NaN;
        }

        var fraction = mantissa / (float)(1 << mantissaBits);
        return sign * (exponent == 0 ? fraction * MathF.Pow(2, 1 - bias) : (1 + fraction) * MathF.Pow(2, exponent - bias));
    }

    private static byte[] Text(string text, int length = 0) => Encoding.UTF8.GetBytes(text.PadRight(length));

    // A local header of a ZIP archive: the name stands at byte 30.
    private static byte[] Zip(string name)
    {
        var header = new byte[30];
        "PK\u0003\u0004"u8.CopyTo(header);
        header[26] = (byte)name.Length;
        return [.. header, .. Text(name), .. s_zeros];
    }
}
