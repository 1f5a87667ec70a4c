using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;

namespace OrleansOneShot.Compute.Tests.Masks;

public sealed class MaskPromptTests
{
    [Theory]
    [InlineData(-1, 0, 10, 10)]
    [InlineData(0, 0, 101, 10)]
    [InlineData(95, 0, 6, 10)]
    [InlineData(0, 45, 10, 6)]
    [InlineData(5, 5, 0, 10)]
    [InlineData(5, 5, 10, -1)]
    [InlineData(int.MaxValue, 0, int.MaxValue, 1)]
    public void Check_BoxNotInThePicture_NamesBoxAndSize(int x, int y, int width, int height)
    {
        var error = Assert.Throws<InvalidInputException>(() => new MaskPrompt(new PixelRectangle(x, y, width, height), []).Check(100, 50));

        Assert.Equal("box", error.Field);
        Assert.Contains("100 x 50", error.Message + error.Hint, StringComparison.Ordinal);
        Assert.Contains($"{x},{y},{width},{height}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(100, 0)]
    [InlineData(0, 50)]
    public void Check_PointNotInThePicture_NamesPointAndSize(int x, int y)
    {
        var error = Assert.Throws<InvalidInputException>(() => new MaskPrompt(null, [new PixelPoint(x, y)]).Check(100, 50));

        Assert.Equal("point", error.Field);
        Assert.Contains("100 x 50", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_NeitherBoxNorPoint_SaysWhatToGive()
    {
        var error = Assert.Throws<InvalidInputException>(() => new MaskPrompt(null, []).Check(100, 50));

        Assert.Contains("--point", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_WholePictureAndItsCorners_Passes() =>
        new MaskPrompt(new PixelRectangle(0, 0, 100, 50), [new PixelPoint(0, 0), new PixelPoint(99, 49)]).Check(100, 50);
}
