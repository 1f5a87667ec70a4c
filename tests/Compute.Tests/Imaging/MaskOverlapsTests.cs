using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Tests.Imaging;

public sealed class MaskOverlapsTests
{
    [Fact]
    public void Warnings_PartlyUnderAnother_SaysTheShareOfTheOneThatLosesMore()
    {
        var cup = TestPictures.Mask(40, 20, new PixelRectangle(0, 0, 10, 10));
        var saucer = TestPictures.Mask(40, 20, new PixelRectangle(7, 0, 30, 20));

        Assert.Equal(["30 % of <cup> lies under <saucer>'s mask."], MaskOverlaps.Warnings([saucer, cup], ["<saucer>", "<cup>"]));
    }

    [Fact]
    public void Warnings_OneInsideAnother_IsAllowedAndSaid() =>
        Assert.Equal(
            ["100 % of <ball> lies under <dog>'s mask."],
            MaskOverlaps.Warnings(
                [TestPictures.Mask(20, 20, new PixelRectangle(5, 5, 4, 4)), TestPictures.Mask(20, 20, new PixelRectangle(2, 2, 15, 15))],
                ["<ball>", "<dog>"]
            )
        );

    [Fact]
    public void Warnings_ApartOrTouching_SaysNothing() =>
        Assert.Empty(
            MaskOverlaps.Warnings(
                [TestPictures.Mask(20, 20, new PixelRectangle(0, 0, 10, 20)), TestPictures.Mask(20, 20, new PixelRectangle(10, 0, 10, 20))],
                ["<a>", "<b>"]
            )
        );

    [Fact]
    public void Warnings_MasksOfTwoSizes_AreRefused() =>
        Assert.Throws<ArgumentException>(() =>
            MaskOverlaps.Warnings(
                [TestPictures.Mask(2, 2, new PixelRectangle(0, 0, 1, 1)), TestPictures.Mask(3, 2, new PixelRectangle(0, 0, 1, 1))],
                ["<a>", "<b>"]
            )
        );
}
