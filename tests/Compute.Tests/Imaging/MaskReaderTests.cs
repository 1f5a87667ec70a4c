using OrleansOneShot.Compute.Imaging;
using SkiaSharp;

namespace OrleansOneShot.Compute.Tests.Imaging;

public sealed class MaskReaderTests
{
    [Fact]
    public void Read_SoftGreyValues_StaySoft()
    {
        var mask = MaskReader.Read(TestPictures.RawPng(4, 1, 8, 0, [0, 0, 51, 204, 255]), "m.png", 4, 1);
        Assert.Equal([0f, 0.2f, 0.8f, 1f], mask.Values);
        Assert.Empty(mask.Warnings);
    }

    [Fact]
    public void Read_UsedAlpha_IsTheMask()
    {
        var png = TestPictures.Encode(4, 1, (x, _) => ((uint)(x * 85) << 24) | 0x112233, SKEncodedImageFormat.Png);
        Assert.Equal([0f, 85 / 255f, 170 / 255f, 1f], MaskReader.Read(png, "m.png", 4, 1).Values);
    }

    [Fact]
    public void Read_OpaqueAlpha_BrightnessIsTheMask()
    {
        byte[] lines = [0, 255, 255, 255, 255, 0, 0, 0, 255]; // One row of RGBA: white, black; both opaque.
        Assert.Equal([1f, 0f], MaskReader.Read(TestPictures.RawPng(2, 1, 8, 6, lines), "m.png", 2, 1).Values);
    }

    [Fact]
    public void Read_JpegMask_IsRead()
    {
        var mask = MaskReader.Read(TestPictures.Encode(32, 16, (x, _) => x < 16 ? 0xFF000000u : 0xFFFFFFFFu, SKEncodedImageFormat.Jpeg), "m.jpg", 32, 16);
        Assert.Equal(0.5, mask.Coverage);
    }

    [Fact]
    public void Read_AnotherSizeOfOneShape_IsResizedByArea()
    {
        // 4 x 4 with the left three columns white becomes 2 x 2: 1 and a half.
        var png = TestPictures.Encode(4, 4, (x, _) => x < 3 ? 0xFFFFFFFFu : 0xFF000000u, SKEncodedImageFormat.Png);
        var mask = MaskReader.Read(png, "m.png", 2, 2);
        Assert.Equal([1f, 0.5f, 1f, 0.5f], mask.Values);
        Assert.Equal(["The mask m.png was resized from 4 x 4 to the picture's 2 x 2."], mask.Warnings.Take(1));
    }

    [Fact]
    public void Read_SmallerMask_GrowsSmoothly()
    {
        var png = TestPictures.Encode(2, 2, (x, _) => x < 1 ? 0xFFFFFFFFu : 0xFF000000u, SKEncodedImageFormat.Png);
        var mask = MaskReader.Read(png, "m.png", 4, 4);
        Assert.Equal([1f, 0.75f, 0.25f, 0f], mask.Values.Take(4));
    }

    [Theory]
    [InlineData(1000, 750, 4000, 3000)]
    [InlineData(1000, 750, 1005, 750)]
    public void Read_AspectWithinOnePercent_Fits(int maskWidth, int maskHeight, int width, int height)
    {
        var mask = MaskReader.Read(Half(maskWidth, maskHeight), "m.png", width, height);
        Assert.Equal((width, height), (mask.Width, mask.Height));
        Assert.InRange(mask.Coverage, 0.495, 0.505);
    }

    [Fact]
    public void Read_AnotherShape_IsRefused()
    {
        var error = Assert.Throws<InvalidInputException>(() => MaskReader.Read(Half(100, 75), "m.png", 100, 77, "object.mask"));
        Assert.Equal("The object.mask m.png is 100 x 75, the picture 100 x 77: they are not of one shape.", error.Message);
        Assert.Equal("object.mask", error.Field);
        Assert.Equal("Make the mask from this very picture.", error.Hint);
    }

    [Fact]
    public void Read_ShapeOfTheUnrotatedPhoto_HintsAtExif() =>
        Assert.Contains("EXIF", Assert.Throws<InvalidInputException>(() => MaskReader.Read(Half(100, 75), "m.png", 75, 100)).Hint, StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    public void Read_EmptyMask_IsRefused(byte value)
    {
        var png = TestPictures.Encode(32, 32, (_, _) => 0xFF000000u | (value * 0x010101u), SKEncodedImageFormat.Png);
        var error = Assert.Throws<InvalidInputException>(() => MaskReader.Read(png, "m.png", 32, 32));
        Assert.Equal("The mask m.png marks no object: 0% of it is white.", error.Message);
        Assert.Equal("mask", error.Field);
    }

    [Fact]
    public void Read_OnePixelOfManyThousands_IsRefused()
    {
        var png = TestPictures.Encode(128, 128, (x, y) => x == 5 && y == 5 ? 0xFFFFFFFFu : 0xFF000000u, SKEncodedImageFormat.Png);
        Assert.Contains("0.0061%", Assert.Throws<InvalidInputException>(() => MaskReader.Read(png, "m.png", 128, 128)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FullMask_IsTakenWithAWarning()
    {
        var mask = MaskReader.Read(TestPictures.Encode(8, 8, (_, _) => 0xFFFFFFFFu, SKEncodedImageFormat.Png), "m.png", 8, 8);
        Assert.Equal(1, mask.Coverage);
        Assert.Equal(["The mask m.png covers 100% of the picture: the background can't be told from the object."], mask.Warnings);
    }

    [Fact]
    public void Read_NotAPicture_NamesTheMask()
    {
        var error = Assert.Throws<InvalidInputException>(() => MaskReader.Read("hello"u8.ToArray(), "m.png", 8, 8));
        Assert.Equal(("The mask m.png is not a PNG, JPEG or WebP picture.", "mask"), (error.Message, error.Field));
    }

    private static byte[] Half(int width, int height) =>
        TestPictures.Encode(width, height, (x, _) => x < width / 2 ? 0xFFFFFFFFu : 0xFF000000u, SKEncodedImageFormat.Png);
}
