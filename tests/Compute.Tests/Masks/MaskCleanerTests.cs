using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;

namespace OrleansOneShot.Compute.Tests.Masks;

public sealed class MaskCleanerTests
{
    [Fact]
    public void Clean_SpeckAndHand_KeepsTheHand()
    {
        // A body of 400 pixels, a hand of 49, a speck of 4.
        var mask = MaskFigures.Binary(60, 40, (x, y) => (x < 20 && y < 20) || (x is >= 30 and < 37 && y < 7) || (x >= 58 && y >= 38));

        var clean = MaskCleaner.Clean(mask, [], onlyPoints: false);

        Assert.Equal(449, clean.Count);
        Assert.False(clean.Values[(39 * 60) + 59]);
    }

    [Fact]
    public void Clean_SpeckWithAPoint_IsKept() =>
        Assert.Equal(
            404,
            MaskCleaner
                .Clean(MaskFigures.Binary(60, 40, (x, y) => (x < 20 && y < 20) || (x >= 58 && y >= 38)), [new PixelPoint(59, 39)], onlyPoints: false)
                .Count
        );

    [Fact]
    public void Clean_OnlyPoints_DropsTheLargerPart() =>
        Assert.Equal(
            4,
            MaskCleaner
                .Clean(MaskFigures.Binary(60, 40, (x, y) => (x < 20 && y < 20) || (x >= 58 && y >= 38)), [new PixelPoint(59, 39)], onlyPoints: true)
                .Count
        );

    [Fact]
    public void Clean_Pinhole_IsFilledAndAHandleIsNot()
    {
        // 900 pixels with a hole of 4, and one of 100.
        var mask = MaskFigures.Binary(
            40,
            40,
            (x, y) => x is >= 5 and < 35 && y is >= 5 and < 35 && !(x is 7 or 8 && y is 7 or 8) && !(x is >= 20 and < 30 && y is >= 20 and < 30)
        );

        var clean = MaskCleaner.Clean(mask, [], onlyPoints: false);

        Assert.True(clean.Values[(7 * 40) + 7]);
        Assert.False(clean.Values[(25 * 40) + 25]);
    }

    [Fact]
    public void Clean_NothingFound_StaysEmpty() =>
        Assert.Equal(0, MaskCleaner.Clean(MaskFigures.Binary(8, 8, (_, _) => false), [new PixelPoint(1, 1)], onlyPoints: true).Count);

    [Fact]
    public void Soften_StraightEdge_StaysInPlaceAndIsSoftOverOneToTwoPixels()
    {
        var soft = MaskCleaner.Soften(MaskFigures.Binary(100, 100, (x, _) => x < 50), 800, 800);

        var row = soft.Values.AsSpan(400 * 800, 800);
        Assert.True(row[397] > 0.5f && row[402] < 0.5f);
        var between = 0;
        foreach (var value in row)
        {
            between += value is > 0 and < 1 ? 1 : 0;
        }

        Assert.InRange(between, 1, 3);
    }

    [Theory]
    [InlineData(2, 14 * 14)]
    [InlineData(-2, 6 * 6)]
    public void Grow_Square_MovesItsEdge(int pixels, int area) =>
        Assert.Equal(area, MaskCleaner.Grow(MaskFigures.Binary(40, 30, (x, y) => x is >= 10 and < 20 && y is >= 10 and < 20), pixels).Count);

    [Fact]
    public void Place_PartOfAPhoto_LiesWhereThePartWas()
    {
        var mask = MaskCleaner.Place(MaskFigures.Binary(10, 10, (_, _) => true), new PixelRectangle(30, 5, 20, 20), 60, 40);

        Assert.Equal(400, mask.Values.Count(v => v >= 0.5f));
        Assert.Equal(1f, mask.Values[(6 * 60) + 31]);
        Assert.Equal(0f, mask.Values[(4 * 60) + 31]);
    }
}
