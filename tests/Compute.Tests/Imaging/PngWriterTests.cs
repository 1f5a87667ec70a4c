using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Tests.Imaging;

public sealed class PngWriterTests : IDisposable
{
    private static readonly PictureSettings s_settings = new()
    {
        Prompt = "a <cat> \"on\" the beach, Zürich — 猫 🐈\nsecond line",
        NegativePrompt = "blurry",
        Steps = 25,
        Scheduler = "dpm++",
        Guidance = 7.5,
        Seed = 1,
        Width = 512,
        Height = 768,
        Model = "toyworld-64",
        ModelHash = "0123456789abcdef",
        Loras = new Dictionary<string, double> { ["cat"] = 0.8 },
        LoraHashes = new Dictionary<string, string> { ["cat"] = "abcdefabcdefabcdef", ["owl"] = "012345" },
        Tokens = ["<cat>"],
        ScheduleType = "Karras",
        Latents = "noise.safetensors",
        LatentsHash = "98765432109876543210",
        Precision = "bf16",
        Version = "1.2.3",
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-png-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>AUTOMATIC1111's own rule: a JSON string where there is a comma, a colon or a line break, and else as it is.</summary>
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("with \"quotes\"", "with \"quotes\"")]
    [InlineData("a, b", "\"a, b\"")]
    [InlineData("a: \"b\"", "\"a: \\\"b\\\"\"")]
    [InlineData("köttchen, 猫", "\"köttchen, 猫\"")]
    public void ToText_ValuesOfAnyText_AreQuotedAsAutomatic1111Does(string model, string expected) =>
        Assert.Contains($", Model: {expected}, ", (s_settings with { Model = model }).ToText()[0].Value, StringComparison.Ordinal);

    [Fact]
    public void ToText_WithoutMore_HasTheKeysOfAutomatic1111Alone() =>
        Assert.Equal(
            "a cat\nSteps: 3, Sampler: Euler, CFG scale: 7, Seed: 2, Size: 64x32, Model: m",
            new PictureSettings
            {
                Prompt = "a cat",
                Steps = 3,
                Scheduler = "euler",
                Guidance = 7,
                Seed = 2,
                Width = 64,
                Height = 32,
                Model = "m",
            }
                .ToText()[0]
                .Value
        );

    [Fact]
    public void Write_Settings_ComeBackAndThePixelsStay()
    {
        var path = Path.Combine(_folder.FullName, "x.png");
        var image = TestPictures.Gradient(31, 17);
        PngWriter.Write(path, image, s_settings.ToText());

        var texts = PngText.Read(path);
        Assert.Equal(["parameters", "oneshot"], texts.Keys);
        Assert.Equal(
            "a <cat> \"on\" the beach, Zürich — 猫 🐈\nsecond line\nNegative prompt: blurry\n"
                + "Steps: 25, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 1, Size: 512x768, Model hash: 0123456789, Model: toyworld-64, "
                + "Lora hashes: \"cat: abcdefabcdef, owl: 012345\", "
                + "Lora weights: \"cat: 0.8\", Learned tokens: <cat>, Latents: noise.safetensors 9876543210, Precision: bf16, Version: oneshot 1.2.3",
            texts["parameters"]
        );
        var settings = PictureSettings.FromJson(texts["oneshot"]);
        Assert.Equal(s_settings with { Loras = settings.Loras, LoraHashes = settings.LoraHashes, Tokens = settings.Tokens }, settings);
        Assert.Equal(s_settings.Loras, settings.Loras);
        Assert.Equal(s_settings.LoraHashes, settings.LoraHashes);
        Assert.Equal(s_settings.Tokens, settings.Tokens);
        Assert.Equal("blurry", JsonDocument.Parse(texts["oneshot"]).RootElement.GetProperty("negative_prompt").GetString());
        Assert.Equal(image.Pixels, ImageReader.Read(path).Pixels);
        Assert.Single(_folder.GetFiles());
    }

    [Theory]
    [InlineData("a <cat> & \"quotes\"\n\ttab", "tEXt")]
    [InlineData("Zürich ©", "tEXt")]
    [InlineData("", "tEXt")]
    [InlineData("猫", "iTXt")]
    [InlineData("nul \0 inside", "iTXt")]
    public void Encode_Text_TakesTheChunkThatHoldsIt(string text, string type)
    {
        var png = PngWriter.Encode(TestPictures.Gradient(4, 4), [new("key", text)]);
        Assert.Equal(text, PngText.Read(png, "x.png")["key"]);
        Assert.Equal(type, Encoding.ASCII.GetString(png, 33 + 4, 4));
    }

    [Fact]
    public void Encode_EveryChunk_HasItsChecksum()
    {
        var png = PngWriter.Encode(TestPictures.Gradient(20, 20), s_settings.ToText());
        List<string> types = [];
        var at = 8;
        while (at < png.Length)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            types.Add(Encoding.ASCII.GetString(png, at + 4, 4));
            Assert.Equal(Crc32.Of(png.AsSpan(at + 4, length + 4)), BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at + 8 + length)));
            at += 12 + length;
        }

        Assert.Equal("IHDR", types[0]);
        Assert.Equal("IEND", types[^1]);
        Assert.Equal(0xCBF43926u, Crc32.Of("123456789"u8)); // The standard's check value.
    }

    [Fact]
    public void Encode_Twice_GivesTheSameBytes() =>
        Assert.Equal(
            PngWriter.Encode(TestPictures.Gradient(50, 40), s_settings.ToText()),
            PngWriter.Encode(TestPictures.Gradient(50, 40), s_settings.ToText())
        );

    [Theory]
    [InlineData("")]
    [InlineData("猫")]
    [InlineData("line\nbreak")]
    public void Encode_BadKeyword_Throws(string keyword) =>
        Assert.Throws<ArgumentException>(() => PngWriter.Encode(TestPictures.Gradient(2, 2), [new(keyword, "x")]));

    [Fact]
    public void Read_TextOfAJpegOrACutPng_IsRefusedOrLeftOut()
    {
        Assert.Throws<InvalidInputException>(() => PngText.Read(TestPictures.QuartersJpeg(8, 8), "x.jpg"));
        var png = PngWriter.Encode(TestPictures.Gradient(4, 4), [new("key", "text")]);
        for (var length = 8; length < 33; length++)
        {
            Assert.Empty(PngText.Read(png[..length], "cut.png"));
        }
    }

    [Fact]
    public void Write_IntoAMissingFolder_LeavesNothing() =>
        Assert.Throws<DirectoryNotFoundException>(() => PngWriter.Write(Path.Combine(_folder.FullName, "no", "x.png"), TestPictures.Gradient(2, 2)));
}
