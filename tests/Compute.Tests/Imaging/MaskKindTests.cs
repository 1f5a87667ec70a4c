using OrleansOneShot.Compute.Imaging;
using SkiaSharp;

namespace OrleansOneShot.Compute.Tests.Imaging;

/// <summary>What people give as masks: read right, or told with what mends it. All have the object where <see cref="IsObject"/> says.</summary>
public sealed class MaskKindTests
{
    private const int Side = 96;
    private const double ObjectShare = 40 * 50 / (double)(Side * Side);
    private static readonly byte[] s_labelColours = [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0];

    public static TheoryData<string, string?> Read =>
        new()
        {
            { "0/1", "The brightest value of the mask m.png is 1 of 255; it was taken as white." },
            { "half", "The brightest value of the mask m.png is 128 of 255; it was taken as white." },
            { "video range", "The mask m.png reaches from 16 to 235 of 255; these were taken as black and white." },
            { "16 bits, 0/1", "The brightest value of the mask m.png is 1 of 65535; it was taken as white." },
            { "16 bits, 0/255", "The brightest value of the mask m.png is 255 of 65535; it was taken as white." },
            { "16 bits, white", null },
            { "green", "The mask m.png is of one colour on black: 00FF00 was taken as the object." },
            { "dark red", "The mask m.png is of one colour on black: 640000 was taken as the object." },
            { "index 1", "The mask m.png is of one colour on black: index 1 was taken as the object." },
            { "index 1 of 2 bits", "The mask m.png is of one colour on black: index 1 was taken as the object." },
            { "palette of white and black", null },
            { "noisy opacity", "The mask m.png is of one opacity all over, but for noise: its brightness says where the object is." },
            { "opacity from 250 on", "The mask m.png is of one opacity all over, but for noise: its brightness says where the object is." },
            { "no opacity at all", "The mask m.png is of one opacity all over, but for noise: its brightness says where the object is." },
            { "cut out", null },
            { "half cut out", "The most opaque value of the mask m.png is 128 of 255; it was taken as opaque." },
        };

    public static TheoryData<string, string, string> Told =>
        new()
        {
            { "inverted", "The mask m.png looks inverted: it holds 100% of the picture's border and 78.3% of the picture.", "add --mask-invert" },
            { "black on white", "The mask m.png looks inverted: it holds 100% of the picture's border and 78.3% of the picture.", "--mask-value 255 says so" },
            {
                "erased",
                "The mask m.png looks like a photo whose object was erased: it holds 100% of the picture's border and 78.3% of the picture.",
                "add --mask-invert"
            },
            { "labels 0, 1, 2", "The mask m.png holds areas of several values, as label maps do: 0 (78.3 %), 1 (13 %), 2 (8.7 %).", "--mask-value N" },
            { "labels with a void", "The mask m.png holds areas of several values, as label maps do: 0 (69.3 %), 15 (21.7 %), 255 (9 %).", "--mask-value N" },
            { "trimap", "The mask m.png holds areas of several values, as label maps do: 0 (59.3 %), 255 (21.7 %), 128 (19 %).", "--mask-value N" },
            {
                "labels of 16 bits",
                "The mask m.png holds areas of several values, as label maps do: 7000 (78.3 %), 24001 (13 %), 26000 (8.7 %).",
                "--mask-value N"
            },
            { "indices 1 and 3", "The mask m.png holds areas of several values, as label maps do: 0 (78.3 %), 1 (13 %), 3 (8.7 %).", "--mask-value N" },
            {
                "red and green",
                "The mask m.png holds areas of several values, as label maps do: 000000 (78.3 %), 00FF00 (13 %), FF0000 (8.7 %).",
                "--mask-value RRGGBB"
            },
            { "red on white", "The mask m.png holds areas of several values, as label maps do: FFFFFF (78.3 %), FF0000 (21.7 %).", "--mask-value RRGGBB" },
            { "photo", "The mask m.png is the photo itself, or nearly so.", "oneshot mask makes one" },
            { "grey photo", "The mask m.png is the photo itself, or nearly so.", "oneshot mask makes one" },
            { "other photo", "The mask m.png is a picture of many colours, not a mask.", "white (or opaque)" },
        };

    public static TheoryData<string, string, bool> Chosen =>
        new()
        {
            { "labels 0, 1, 2", "1", false },
            { "indices 1 and 3", "1", false },
            { "labels of 16 bits", "24001", false },
            { "red and green", "#00ff00", false },
            { "red on white", "FF0000", true },
            { "trimap", "255", true },
            { "inverted", "0", true },
            { "index 1", "1", true },
            { "palette of white and black", "255", true },
            { "cut out", "255", true },
        };

    [Theory]
    [MemberData(nameof(Read))]
    public void Read_AKindThatIsClear_IsTheObject(string kind, string? note)
    {
        var (mask, isPlain) = MaskReader.Read(Make(kind), "m.png", Photo(), MaskReading.Usual);

        Assert.Equal(Expected(IsObject), mask.Values);
        Assert.Equal(note is null ? [] : [note], mask.Warnings);
        Assert.Equal(note is null, isPlain);
    }

    [Theory]
    [MemberData(nameof(Told))]
    public void Read_AKindThatIsDoubtful_IsToldWithWhatMendsIt(string kind, string message, string hint)
    {
        var error = Assert.Throws<InvalidInputException>(() => MaskReader.Read(Make(kind), "m.png", Photo(), MaskReading.Usual));

        Assert.Equal((message, "mask"), (error.Message, error.Field));
        Assert.Contains(hint, error.Hint, StringComparison.Ordinal);
    }

    /// <summary>Jobs that were submitted before, and those of other programs, go on.</summary>
    [Theory]
    [MemberData(nameof(Told))]
    public void Read_DoubtfulKindOfAJob_IsAWarning(string kind, string message, string hint)
    {
        _ = hint;
        var lenient = new MaskReading { Lenient = true };
        if (kind == "indices 1 and 3")
        {
            // Too dark to mark anything, then as before.
            Assert.Equal(message, Assert.Throws<InvalidInputException>(() => MaskReader.Read(Make(kind), "m.png", Photo(), lenient)).Message);
            return;
        }

        Assert.Contains(message, MaskReader.Read(Make(kind), "m.png", Photo(), lenient).Mask.Warnings);
    }

    [Theory]
    [MemberData(nameof(Chosen))]
    public void Read_ByItsValue_IsThatAreaAlone(string kind, string value, bool isWhole)
    {
        var (mask, isPlain) = MaskReader.Read(Make(kind), "m.png", Photo(), new MaskReading { Value = MaskValue.Parse(value) });

        Assert.Equal(Expected((x, y) => IsObject(x, y) && (isWhole || x < 52)), mask.Values);
        Assert.Empty(mask.Warnings);
        Assert.False(isPlain);
    }

    [Theory]
    [InlineData("inverted")]
    [InlineData("black on white")]
    [InlineData("erased")]
    public void Read_Inverted_IsTheObject(string kind)
    {
        var (mask, isPlain) = MaskReader.Read(Make(kind), "m.png", Photo(), new MaskReading { Invert = true });

        Assert.Equal(Expected(IsObject), mask.Values);
        Assert.Equal((0, false), (mask.Warnings.Count, isPlain));
    }

    [Fact]
    public void Read_InvertedByMistake_IsTold()
    {
        var error = Assert.Throws<InvalidInputException>(() =>
            MaskReader.Read(Make("16 bits, white"), "m.png", Photo(), new MaskReading { Invert = true, InvertOption = "invert" })
        );

        Assert.StartsWith("The mask m.png, inverted, marks what is around the object", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("Leave invert out", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ObjectThatFillsTheFrame_IsTakenByItsValue()
    {
        var (mask, _) = MaskReader.Read(Make("inverted"), "m.png", Photo(), new MaskReading { Value = MaskValue.Parse("255") });

        Assert.Equal(1 - ObjectShare, mask.Coverage, 6);
    }

    [Fact]
    public void Read_ValueThatIsNotThere_NamesThoseThatAre()
    {
        var error = Assert.Throws<InvalidInputException>(() =>
            MaskReader.Read(Make("indices 1 and 3"), "m.png", Photo(), new MaskReading { Value = MaskValue.Parse("7") })
        );

        Assert.Equal("The mask m.png has no pixel of the value 7: its values are 0 (78.3 %), 1 (13 %), 3 (8.7 %).", error.Message);
    }

    /// <summary>Edges that fade, over many pixels or few, are no label maps and no photos.</summary>
    [Theory]
    [InlineData(2, SKEncodedImageFormat.Png)]
    [InlineData(30, SKEncodedImageFormat.Png)]
    [InlineData(2, SKEncodedImageFormat.Jpeg)]
    [InlineData(30, SKEncodedImageFormat.Jpeg)]
    public void Read_SoftEdges_StaySoft(int edge, SKEncodedImageFormat format)
    {
        double Value(int x, int y) => Math.Clamp(0.5 + ((30 - Math.Sqrt(((x - 48) * (x - 48)) + ((y - 48) * (y - 48)))) / edge), 0, 1);
        var bytes = TestPictures.Encode(Side, Side, (x, y) => 0xFF000000u | ((uint)(Value(x, y) * 255) * 0x010101u), format, 80);

        var mask = MaskReader.Read(bytes, "m", Photo(), MaskReading.Usual).Mask;

        Assert.All(Enumerable.Range(0, Side * Side), i => Assert.InRange(mask.Values[i], Value(i % Side, i / Side) - 0.15, Value(i % Side, i / Side) + 0.15));
    }

    [Fact]
    public void Read_JpegOfLabels_IsTold()
    {
        var bytes = TestPictures.Encode(
            Side,
            Side,
            (x, y) =>
                0xFF000000u
                | (
                    (
                        !IsObject(x, y) ? 0u
                        : x < 52 ? 128u
                        : 255u
                    ) * 0x010101u
                ),
            SKEncodedImageFormat.Jpeg,
            70
        );

        Assert.Contains(
            "label maps",
            Assert.Throws<InvalidInputException>(() => MaskReader.Read(bytes, "m.jpg", Photo(), MaskReading.Usual)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Read_Devices_EndAtTheLimit()
    {
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(
                "The mask /dev/zero has more than 64 MiB; at most 64 MiB are read.",
                Assert.Throws<InvalidInputException>(() => MaskReader.Read("/dev/zero", 8, 8)).Message
            );
            Assert.Equal("The mask /dev/null is empty.", Assert.Throws<InvalidInputException>(() => MaskReader.Read("/dev/null", 8, 8)).Message);
        }
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("65535", "65535")]
    [InlineData("800000", "800000")]
    [InlineData("#00ff7F", "00FF7F")]
    [InlineData("65536", null)]
    [InlineData("-1", null)]
    [InlineData("#12", null)]
    [InlineData("gggggg", null)]
    [InlineData("", null)]
    public void Parse_Value_IsANumberOrAColour(string text, string? expected) => Assert.Equal(expected, MaskValue.Parse(text)?.ToString());

    private static bool IsObject(int x, int y) => x is >= 28 and < 68 && y is >= 20 and < 70;

    private static RgbImage Photo() => TestPictures.Make(Side, Side, (x, y) => ((x * 5) % 256, (y * 3) % 256, (x + y) % 256));

    private static float[] Expected(Func<int, int, bool> isObject) => [.. Enumerable.Range(0, Side * Side).Select(i => isObject(i % Side, i / Side) ? 1f : 0f)];

    private static byte[] Make(string kind) =>
        kind switch
        {
            "0/1" => Grey((x, y) => IsObject(x, y) ? 1 : 0),
            "half" => Grey((x, y) => IsObject(x, y) ? 128 : 0),
            "video range" => Grey((x, y) => IsObject(x, y) ? 235 : 16),
            "16 bits, 0/1" => Deep((x, y) => IsObject(x, y) ? 1 : 0),
            "16 bits, 0/255" => Deep((x, y) => IsObject(x, y) ? 255 : 0),
            "16 bits, white" => Deep((x, y) => IsObject(x, y) ? 65535 : 0),
            "green" => Rgba((x, y) => IsObject(x, y) ? 0xFF00FF00 : 0xFF000000),
            "dark red" => Rgba((x, y) => IsObject(x, y) ? 0xFF000064 : 0xFF000000),
            "index 1" => TestPictures.RawPng(Side, Side, 8, 3, Rows((x, y) => IsObject(x, y) ? (byte)1 : (byte)0), ("PLTE", s_labelColours)),
            "index 1 of 2 bits" => TestPictures.RawPng(Side, Side, 2, 3, Quarters((x, y) => IsObject(x, y) ? 1 : 0), ("PLTE", s_labelColours)),
            "palette of white and black" => TestPictures.RawPng(
                Side,
                Side,
                8,
                3,
                Rows((x, y) => IsObject(x, y) ? (byte)0 : (byte)1),
                ("PLTE", [255, 255, 255, 0, 0, 0])
            ),
            "noisy opacity" => Rgba((x, y) => ((255u - (uint)((x * 7) + (y * 3)) % 3) << 24) | (IsObject(x, y) ? 0xFFFFFFu : 0)),
            "opacity from 250 on" => Rgba((x, y) => ((250u + (uint)((x * 7) + (y * 3)) % 6) << 24) | (IsObject(x, y) ? 0xFFFFFFu : 0)),
            "no opacity at all" => Rgba((x, y) => IsObject(x, y) ? 0xFFFFFFu : 0),
            "cut out" => Rgba((x, y) => (IsObject(x, y) ? 0xFF000000u : 0) | (uint)(x * 0x010203)),
            "half cut out" => Rgba((x, y) => (IsObject(x, y) ? 0x80000000u : 0) | 0x332211),
            "erased" => Rgba((x, y) => (IsObject(x, y) ? 0 : 0xFF000000u) | (uint)(x * 0x010203)),
            "inverted" => Grey((x, y) => IsObject(x, y) ? 0 : 255),
            "black on white" => Rgba((x, y) => IsObject(x, y) ? 0xFF000000 : 0xFFFFFFFF),
            "labels 0, 1, 2" => Grey(
                (x, y) =>
                    !IsObject(x, y) ? 0
                    : x < 52 ? 1
                    : 2
            ),
            "labels with a void" => Grey(
                (x, y) =>
                    IsObject(x, y) ? 15
                    : x is >= 24 and < 72 && y is >= 16 and < 75 ? 255
                    : 0
            ),
            "trimap" => Grey(
                (x, y) =>
                    IsObject(x, y) ? 255
                    : x is >= 20 and < 76 && y is >= 12 and < 79 ? 128
                    : 0
            ),
            "labels of 16 bits" => Deep(
                (x, y) =>
                    !IsObject(x, y) ? 7000
                    : x < 52 ? 24001
                    : 26000
            ),
            "indices 1 and 3" => TestPictures.RawPng(
                Side,
                Side,
                8,
                3,
                Rows(
                    (x, y) =>
                        !IsObject(x, y) ? (byte)0
                        : x < 52 ? (byte)1
                        : (byte)3
                ),
                ("PLTE", s_labelColours)
            ),
            "red and green" => Rgba(
                (x, y) =>
                    !IsObject(x, y) ? 0xFF000000
                    : x < 52 ? 0xFF00FF00
                    : 0xFF0000FF
            ),
            "red on white" => Rgba((x, y) => IsObject(x, y) ? 0xFF0000FF : 0xFFFFFFFF),
            "photo" => PngWriter.Encode(Photo()),
            "grey photo" => Grey((x, y) => (int)((((x * 5) % 256) * 0.299) + (((y * 3) % 256) * 0.587) + (((x + y) % 256) * 0.114))),
            "other photo" => Rgba((x, y) => 0xFF000000u | (uint)(((x * y * 31) + (x * 7919)) & 0xFFFFFF)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };

    private static byte[] Grey(Func<int, int, int> value) => TestPictures.RawPng(Side, Side, 8, 0, Rows((x, y) => (byte)value(x, y)));

    private static byte[] Deep(Func<int, int, int> value) =>
        TestPictures.RawPng(
            Side,
            Side,
            16,
            0,
            [
                .. Enumerable
                    .Range(0, Side)
                    .SelectMany(y => Enumerable.Range(0, Side).SelectMany(x => new[] { (byte)(value(x, y) >> 8), (byte)value(x, y) }).Prepend((byte)0)),
            ]
        );

    private static byte[] Rgba(Func<int, int, uint> pixel) =>
        TestPictures.RawPng(
            Side,
            Side,
            8,
            6,
            [.. Enumerable.Range(0, Side).SelectMany(y => Enumerable.Range(0, Side).SelectMany(x => BitConverter.GetBytes(pixel(x, y))).Prepend((byte)0))]
        );

    private static byte[] Rows(Func<int, int, byte> value) =>
        [.. Enumerable.Range(0, Side).SelectMany(y => Enumerable.Range(0, Side).Select(x => value(x, y)).Prepend((byte)0))];

    private static byte[] Quarters(Func<int, int, int> value) =>
        [
            .. Enumerable
                .Range(0, Side)
                .SelectMany(y =>
                    Enumerable.Range(0, Side / 4).Select(x => (byte)Enumerable.Range(0, 4).Sum(i => value((4 * x) + i, y) << (6 - (2 * i)))).Prepend((byte)0)
                ),
        ];
}
