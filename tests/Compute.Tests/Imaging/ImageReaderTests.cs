using OrleansOneShot.Compute.Imaging;
using SkiaSharp;

namespace OrleansOneShot.Compute.Tests.Imaging;

public sealed class ImageReaderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-images-");

    public void Dispose() => _folder.Delete(recursive: true);

    // Corners of the upright picture, clockwise from the top left, when the stored quarters are red, green / blue, white.
    [Theory]
    [InlineData(1, "RGWB", false)]
    [InlineData(2, "GRBW", true)]
    [InlineData(3, "WBRG", false)]
    [InlineData(4, "BWGR", true)]
    [InlineData(5, "RBWG", false)]
    [InlineData(6, "BRGW", true)]
    [InlineData(7, "WGRB", false)]
    [InlineData(8, "GWBR", true)]
    public void Read_JpegWithExifOrientation_StandsUpright(int orientation, string corners, bool littleEndian)
    {
        var image = ImageReader.Read(TestPictures.WithExif(TestPictures.QuartersJpeg(64, 32), orientation, littleEndian), "photo.jpg");

        Assert.Equal(orientation < 5 ? (64, 32) : (32, 64), (image.Width, image.Height));
        Assert.Equal(corners, Corners(image));
        Assert.Equal(orientation == 1 ? [] : ["rotated by EXIF"], image.Notes);
    }

    [Fact]
    public void Read_PngWithExifChunk_StandsUpright()
    {
        byte[] lines = [0, 255, 0, 0, 0, 255, 0]; // One row: red, green.
        var image = ImageReader.Read(TestPictures.RawPng(2, 1, 8, 2, lines, ("eXIf", TestPictures.Tiff(6, littleEndian: false))), "photo.png");
        Assert.Equal((1, 2), (image.Width, image.Height));
        Assert.Equal([255, 0, 0, 0, 255, 0], image.Pixels);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(65535)]
    public void Read_OrientationThatDoesNotExist_IsTakenAsUpright(int orientation)
    {
        var image = ImageReader.Read(TestPictures.WithExif(TestPictures.QuartersJpeg(64, 32), orientation, littleEndian: true), "photo.jpg");
        Assert.Equal("RGWB", Corners(image));
    }

    [Fact]
    public void Read_DamagedExif_IsTakenAsUpright()
    {
        var tiff = TestPictures.Tiff(6, littleEndian: true);
        Assert.Equal(ExifOrientation.Right90, ExifOrientations.Parse(tiff));
        for (var length = 0; length < 34; length++)
        {
            Assert.Equal(ExifOrientation.Upright, ExifOrientations.Parse(tiff.AsSpan(0, length)));
        }

        Assert.Equal(ExifOrientation.Upright, ExifOrientations.Parse([.. "II*\0"u8, 255, 255, 255, 255]));
    }

    [Fact]
    public void Read_PngThatWasWritten_GivesTheSamePixels()
    {
        var expected = TestPictures.Gradient(37, 21);
        var path = Path.Combine(_folder.FullName, "x.png");
        PngWriter.Write(path, expected);
        var actual = ImageReader.Read(path);
        Assert.Equal((37, 21), (actual.Width, actual.Height));
        Assert.Equal(expected.Pixels, actual.Pixels);
        Assert.Empty(actual.Notes);
    }

    [Fact]
    public void Read_Transparency_IsLaidOnWhite()
    {
        var png = TestPictures.Encode(3, 1, (x, _) => ((uint)(x * 127.5) << 24) | 0x0000FF, SKEncodedImageFormat.Png);
        var image = ImageReader.Read(png, "x.png");
        Assert.Equal([255, 255, 255, 255, 128, 128, 255, 0, 0], image.Pixels);
        Assert.Contains("transparent parts laid on white", image.Notes);
    }

    [Fact]
    public void Read_GreyPalettedAndSixteenBitPng_GiveRgb()
    {
        Assert.Equal([10, 10, 10, 200, 200, 200], ImageReader.Read(TestPictures.RawPng(2, 1, 8, 0, [0, 10, 200]), "grey.png").Pixels);
        Assert.Equal([255, 255, 255, 0, 0, 0], ImageReader.Read(TestPictures.RawPng(2, 1, 1, 0, [0, 0b1000_0000]), "bits.png").Pixels);
        Assert.Equal([9, 8, 7, 1, 2, 3], ImageReader.Read(TestPictures.RawPng(2, 1, 8, 3, [0, 1, 0], ("PLTE", [1, 2, 3, 9, 8, 7])), "palette.png").Pixels);
        Assert.Equal(
            [0xAB, 0xAB, 0xAB, 0x12, 0x12, 0x12],
            ImageReader.Read(TestPictures.RawPng(2, 1, 16, 0, [0, 0xAB, 0xAB, 0x12, 0x12]), "grey16.png").Pixels
        );
        Assert.Equal([0x10, 0x20, 0x30], ImageReader.Read(TestPictures.RawPng(1, 1, 16, 2, [0, 0x10, 0x10, 0x20, 0x20, 0x30, 0x30]), "rgb16.png").Pixels);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(50, false)]
    public void Read_WebP_GivesItsSize(int quality, bool lossless)
    {
        // Skia's encoder is lossless at quality 100: one picture has a VP8L chunk, the other VP8.
        var bytes = TestPictures.Encode(40, 24, (x, _) => x < 20 ? 0xFF0000FFu : 0xFFFFFFFFu, SKEncodedImageFormat.Webp, quality);
        Assert.Equal(lossless, bytes.AsSpan().IndexOf("VP8L"u8) > 0);
        var image = ImageReader.Read(bytes, "x.webp");
        Assert.Equal((40, 24), (image.Width, image.Height));
        Assert.Equal("RWWR", Corners(image));
    }

    [Fact]
    public void Read_HugePngHeader_IsRefusedFromTheHeaderAlone()
    {
        var bytes = TestPictures.PngHeader(30_000, 30_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidInputException>(() => ImageReader.Read(bytes, "bomb.png"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal("The image bomb.png is 30000 x 30000 pixels; at most 64 megapixels and 16384 pixels a side are read.", error.Message);
        Assert.Equal("image", error.Field);
    }

    [Theory]
    [InlineData(16385, 1)]
    [InlineData(1, 16385)]
    [InlineData(8193, 8192)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(-1, -1)]
    [InlineData(0, 5)]
    public void Read_SizeOutsideTheLimits_IsRefused(int width, int height) =>
        Assert.Contains(
            "pixels",
            Assert.Throws<InvalidInputException>(() => ImageReader.Read(TestPictures.PngHeader(width, height), "x.png")).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Read_FileOverTheLimit_IsRefusedUnread()
    {
        var path = Path.Combine(_folder.FullName, "sparse.png");
        using (var file = File.Create(path))
        {
            file.SetLength(ImageLimits.MaxFileBytes + 1);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidInputException>(() => ImageReader.Read(path, "mask"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Contains("at most 64 MiB", error.Message, StringComparison.Ordinal);
        Assert.Equal("mask", error.Field);
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png, "PNG")]
    [InlineData(SKEncodedImageFormat.Jpeg, "JPEG")]
    [InlineData(SKEncodedImageFormat.Webp, "WebP")]
    public void Read_TruncatedAnywhere_IsRefused(SKEncodedImageFormat format, string kind)
    {
        // Noise, so that the picture's data are most of the file.
        var random = new Random(1);
        var whole = TestPictures.Encode(48, 48, (_, _) => 0xFF000000u | (uint)random.Next(1 << 24), format, 90);
        foreach (var length in new[] { 16, 30, whole.Length / 4, whole.Length / 2, whole.Length * 9 / 10 })
        {
            var error = Assert.Throws<InvalidInputException>(() => ImageReader.Read(whole[..length], "cut"));
            Assert.Contains($"starts as a {kind} picture", error.Message, StringComparison.Ordinal);
            Assert.Equal("image", error.Field);
        }
    }

    [Fact]
    public void Read_NotAPicture_IsRefusedByName()
    {
        var path = Path.Combine(_folder.FullName, "notes.png");
        File.WriteAllText(path, "hello");
        Assert.Equal($"The image {path} is not a PNG, JPEG or WebP picture.", Assert.Throws<InvalidInputException>(() => ImageReader.Read(path)).Message);
        File.WriteAllText(path, "");
        Assert.Equal($"The image {path} is empty.", Assert.Throws<InvalidInputException>(() => ImageReader.Read(path)).Message);
        Assert.Equal($"The image {path}.no does not exist.", Assert.Throws<InvalidInputException>(() => ImageReader.Read(path + ".no")).Message);
        Assert.Equal(
            $"The image {_folder.FullName} is a folder, not a picture.",
            Assert.Throws<InvalidInputException>(() => ImageReader.Read(_folder.FullName)).Message
        );
    }

    [Fact]
    public void Read_RandomDamage_NeverGivesAnotherError()
    {
        var random = new Random(7);
        foreach (var format in new[] { SKEncodedImageFormat.Png, SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Webp })
        {
            var whole = TestPictures.Encode(24, 24, (x, y) => 0xFF000000u | (uint)(x * y), format, 80);
            for (var trial = 0; trial < 200; trial++)
            {
                var damaged = whole.ToArray();
                damaged[random.Next(12, damaged.Length)] = (byte)random.Next(256);
                try
                {
                    Assert.NotEmpty(ImageReader.Read(damaged, "damaged").Pixels);
                }
                catch (InvalidInputException e)
                {
                    Assert.Equal("image", e.Field);
                }
            }
        }
    }

    private static string Corners(RgbImage image)
    {
        var (right, bottom) = (image.Width - 2, image.Height - 2);
        return string.Concat(new[] { (1, 1), (right, 1), (right, bottom), (1, bottom) }.Select(p => Letter(image, p.Item1, p.Item2)));
    }

    private static char Letter(RgbImage image, int x, int y)
    {
        var pixel = image.Pixels.AsSpan(((y * image.Width) + x) * 3, 3);
        return (pixel[0] > 128, pixel[1] > 128, pixel[2] > 128) switch
        {
            (true, false, false) => 'R',
            (false, true, false) => 'G',
            (false, false, true) => 'B',
            (true, true, true) => 'W',
            _ => '?',
        };
    }
}
