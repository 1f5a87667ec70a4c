using System.Text;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;
using OrleansOneShot.Compute.Masks.Onnx;
using OrleansOneShot.Fuzz.Mutators;
using OrleansOneShot.TestKit.Models.Masks;

namespace OrleansOneShot.Fuzz.Readers;

/// <summary>What reads pictures, masks, and the networks that make masks.</summary>
internal static class PictureReaders
{
    // A picture of the largest size that is read, with what decoding and turning it takes.
    private const long PictureMemory = 1200L << 20;

    /// <summary>The readers.</summary>
    public static IReadOnlyList<(string Kind, Func<Folders, Reader> Create)> Kinds { get; } =
    [
        (
            "png",
            _ =>
                OfPictures(
                    "png",
                    ["png"],
                    bytes =>
                    {
                        PngText.Read(bytes, "photo");
                        ImageReader.Read(bytes, "photo");
                    }
                )
        ),
        ("jpeg", _ => OfPictures("jpeg", ["jpeg"], bytes => ImageReader.Read(bytes, "photo"))),
        ("webp", _ => OfPictures("webp", ["webp"], bytes => ImageReader.Read(bytes, "photo"))),
        ("mask", _ => OfPictures("mask", ["png", "jpeg", "webp"], bytes => MaskReader.Read(bytes, "mask", 64, 48))),
        (
            "mask-value",
            _ =>
                OfPictures(
                    "mask-value",
                    ["png", "jpeg", "webp"],
                    bytes => MaskReader.Read(bytes, "mask", 64, 48, reading: new MaskReading { Value = new MaskValue(1, null) })
                )
        ),
        (
            "picture-settings",
            _ =>
            {
                var settings = new PictureSettings
                {
                    Prompt = "p",
                    Steps = 3,
                    Scheduler = "ddim",
                    Guidance = 7,
                    Seed = 1,
                    Width = 64,
                    Height = 64,
                    Model = "m",
                    Loras = new Dictionary<string, double> { ["a"] = 1 },
                    Tokens = ["t"],
                };
                var seed = Encoding.UTF8.GetBytes(settings.ToJson());
                return new Reader(
                    "picture-settings",
                    random => JsonMutator.Mutate(random, seed),
                    bytes => PictureSettings.FromJson(Encoding.UTF8.GetString(bytes)).ToText()
                );
            }
        ),
        ("onnx", Networks),
    ];

    private static Reader OfPictures(string kind, IReadOnlyList<string> formats, Action<byte[]> read)
    {
        IReadOnlyList<byte[]> seeds = [.. formats.SelectMany(PictureSeeds.Of)];
        return new Reader(kind, random => PictureMutator.Mutate(random, Bytes.Pick(random, seeds)), read)
        {
            IsPastMagic = bytes => ImageHeader.FormatOf(bytes) is not null,
            MemoryLimit = PictureMemory,
        };
    }

    private static Reader Networks(Folders folders)
    {
        var (encoder, decoder, rows) = (TinySam.Encoder(), TinySam.Decoder(), TinySam.EncoderOfRows());
        var (encoderFile, decoderFile) = (folders.New("encoder.onnx"), folders.New("decoder.onnx"));
        var photo = new RgbImage(40, 30, [.. Enumerable.Repeat(byte.MaxValue, 40 * 30 * 3)], []);
        var prompt = new MaskPrompt(new PixelRectangle(2, 2, 20, 20), [new PixelPoint(5, 5)]);
        return new Reader(
            "onnx",
            random =>
                ProtobufMutator.Mutate(
                    random,
                    random.Next(3) switch
                    {
                        0 => decoder,
                        1 => encoder,
                        _ => rows,
                    }
                ),
            bytes =>
            {
                var isDecoder = bytes.AsSpan().IndexOf("point_coords"u8) >= 0;
                File.WriteAllBytes(encoderFile, isDecoder ? encoder : bytes);
                File.WriteAllBytes(decoderFile, isDecoder ? bytes : decoder);
                using var masker = new SamMasker(encoderFile, decoderFile);
                masker.Make(photo, prompt);
            }
        )
        {
            IsPastMagic = IsSound,
            MemoryLimit = OnnxMemory.ArenaBytes + (512L << 20),
        };
    }

    private static bool IsSound(byte[] bytes)
    {
        try
        {
            OnnxFile.Check("file.onnx", "field", bytes);
            return true;
        }
        catch (InvalidInputException)
        {
            return false;
        }
    }
}
