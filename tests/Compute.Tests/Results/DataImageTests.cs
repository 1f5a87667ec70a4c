using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Results;

namespace OrleansOneShot.Compute.Tests.Results;

public sealed class DataImageTests
{
    [Theory]
    [InlineData(64, 64)]
    [InlineData(256, 256)]
    [InlineData(1024, 256)]
    public void Thumbnail_AnyPicture_IsASmallJpeg(int side, int expected)
    {
        var uri = DataImage.Thumbnail(Summaries.Picture(side, 1));
        Assert.StartsWith("data:image/jpeg;base64,", uri, StringComparison.Ordinal);
        var bytes = Convert.FromBase64String(uri["data:image/jpeg;base64,".Length..]);
        Assert.InRange(bytes.Length, 1, 64 * 1024);
        Assert.Equal((expected, expected), SizeOf(bytes));
        Assert.Equal(uri, DataImage.Thumbnail(Summaries.Picture(side, 1)));
    }

    [Fact]
    public void EncodeWithin_TooFewBytes_GivesTheTinyPicture() =>
        Assert.Equal((32, 16), SizeOf(JpegWriter.EncodeWithin(new RgbImage(64, 32, new byte[64 * 32 * 3]), 64, 1)));

    [Fact]
    public void Encode_Picture_IsNearlyTheSame()
    {
        var flat = new RgbImage(16, 16, [.. Enumerable.Range(0, 16 * 16).SelectMany(i => i % 16 < 8 ? new byte[] { 250, 10, 10 } : [10, 10, 250])]);
        var read = ImageReader.Read(JpegWriter.Encode(flat, 90), "of the test");

        // Full colour resolution: red and blue meet without a blur.
        Assert.All(flat.Pixels.Zip(read.Pixels), pair => Assert.InRange(pair.Second - pair.First, -8, 8));
    }

    private static (int Width, int Height) SizeOf(byte[] jpeg)
    {
        var image = ImageReader.Read(jpeg, "of the test");
        return (image.Width, image.Height);
    }
}
