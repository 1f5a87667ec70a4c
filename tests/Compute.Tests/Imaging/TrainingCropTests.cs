using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Tests.Imaging;

public sealed class TrainingCropTests
{
    // Box -> square: 1.5 times the longer side, centred, pushed back into the picture.
    [Theory]
    [InlineData(40, 60, 20, 10, 35, 50, 30)] // In the middle.
    [InlineData(0, 0, 20, 20, 0, 0, 30)] // Top left corner.
    [InlineData(180, 80, 20, 20, 170, 70, 30)] // Bottom right corner.
    [InlineData(0, 45, 10, 20, 0, 40, 30)] // Left border.
    [InlineData(100, 30, 40, 40, 90, 20, 60)] // 60 % exactly: still a crop.
    [InlineData(100, 30, 41, 40, 70, 0, 100)] // Over 60 %: the whole short side.
    [InlineData(0, 10, 200, 20, 50, 0, 100)] // Wider than the short side.
    public void Find_BoxInAPictureOf200By100_GivesTheSquare(int x, int y, int width, int height, int left, int top, int side)
    {
        var square = TrainingCrop.Find(200, 100, [TestPictures.Mask(200, 100, new(x, y, width, height))]);
        Assert.Equal(new PixelRectangle(left, top, side, side), square);
    }

    [Theory]
    [InlineData(100, 30, 41, 40, 89, 19, 62)] // Over 60 %: as it was found.
    [InlineData(100, 30, 66, 40, 83, 0, 99)]
    [InlineData(100, 30, 67, 40, 83, 0, 100)] // Larger than the short side.
    [InlineData(0, 10, 200, 20, 50, 0, 100)]
    [InlineData(40, 60, 20, 10, 35, 50, 30)] // A small one is no other.
    public void Find_CloseBoxInAPictureOf200By100_IsNotWidenedToTheShortSide(int x, int y, int width, int height, int left, int top, int side)
    {
        var square = TrainingCrop.Find(200, 100, [TestPictures.Mask(200, 100, new(x, y, width, height))], close: true);
        Assert.Equal(new PixelRectangle(left, top, side, side), square);
    }

    [Fact]
    public void Find_SeveralMasks_HoldsTheUnion()
    {
        var square = TrainingCrop.Find(300, 400, [TestPictures.Mask(300, 400, new(100, 100, 10, 10)), TestPictures.Mask(300, 400, new(190, 150, 10, 10))]);
        Assert.Equal(new PixelRectangle(75, 55, 150, 150), square);
    }

    [Fact]
    public void Find_FaintNoiseFarAway_IsIgnored()
    {
        var mask = TestPictures.Mask(200, 100, new(40, 60, 20, 10));
        mask.Values[0] = 0.05f;
        Assert.Equal(new PixelRectangle(35, 50, 30, 30), TrainingCrop.Find(200, 100, [mask]));
    }

    [Fact]
    public void Create_LandscapePhoto_CutsPhotoAndMasksAlike()
    {
        var photo = TestPictures.Make(200, 100, (x, y) => x is >= 40 and < 60 && y is >= 60 and < 70 ? (255, 255, 255) : (0, 0, 0));
        var crop = TrainingCrop.Create(new RgbImage(200, 100, photo.Pixels, ["rotated by EXIF"]), [TestPictures.Mask(200, 100, new(40, 60, 20, 10))], 15);

        Assert.Equal("rotated by EXIF, cropped 30 x 30 at (35, 50) of 200 x 100, resized to 15 x 15", crop.Description);
        Assert.Empty(crop.Warnings);
        Assert.Equal((15, 15, 15, 15), (crop.Image.Width, crop.Image.Height, crop.Masks[0].Width, crop.Masks[0].Height));
        Assert.Equal(20 * 10 / 4, crop.Masks[0].Values.Sum(), 3);
        var middle = (7 * 15) + 7;
        Assert.Equal((1f, 255), (crop.Masks[0].Values[middle], crop.Image.Pixels[middle * 3]));
        Assert.Equal((0f, 0), (crop.Masks[0].Values[0], crop.Image.Pixels[0]));
    }

    [Fact]
    public void Create_SquarePhotoOfTheModelsSize_IsLeftAlone()
    {
        var photo = TestPictures.Gradient(64, 64);
        var crop = TrainingCrop.Create(photo, [TestPictures.Mask(64, 64, new(8, 8, 40, 40), 0.7f)], 64);
        Assert.Equal("used whole (64 x 64)", crop.Description);
        Assert.Equal(photo.Pixels, crop.Image.Pixels);
        Assert.Equal(0.7f, crop.Masks[0].Values.Max());
    }

    [Fact]
    public void Create_TinyObject_WarnsOfEnlarging()
    {
        var crop = TrainingCrop.Create(TestPictures.Gradient(100, 100), [TestPictures.Mask(100, 100, new(50, 50, 10, 10))], 64);
        Assert.Equal(["The crop is only 15 pixels wide and was enlarged to 64: a larger photo shows more of the object."], crop.Warnings);
    }

    [Fact]
    public void Create_ObjectWiderThanTheShortSide_WarnsOfTheCut()
    {
        var crop = TrainingCrop.Create(TestPictures.Gradient(200, 100), [TestPictures.Mask(200, 100, new(0, 10, 200, 20))], 64);
        Assert.Equal(["50% of an object lies outside the square crop: it is wider than the photo's short side."], crop.Warnings);
    }

    [Fact]
    public void Create_MaskOfAnotherSize_Throws() =>
        Assert.Throws<ArgumentException>(() => TrainingCrop.Create(TestPictures.Gradient(20, 10), [TestPictures.Mask(10, 10, new(1, 1, 5, 5))], 8));

    [Theory]
    [InlineData("cat")]
    [InlineData("photo-cat")]
    [InlineData("photo-cup")]
    public void Create_Sample_KeepsTheWholeObject(string name)
    {
        var photo = ImageReader.Read(Repository.Sample(name + ".png"));
        var mask = MaskReader.Read(Repository.Sample(name + "-mask.png"), photo.Width, photo.Height);
        var crop = TrainingCrop.Create(photo, [mask], 64);
        TestContext.Current.TestOutputHelper?.WriteLine(crop.Description);
        Assert.Empty(crop.Warnings);
        var scale = 64.0 / crop.Rectangle.Width;
        Assert.Equal(mask.Values.Sum(v => (double)v) * scale * scale, crop.Masks[0].Values.Sum(v => (double)v), 0.5);
    }
}
