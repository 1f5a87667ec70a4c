using OrleansOneShot.Compute.Evaluation;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Tests.Imaging;

namespace OrleansOneShot.Compute.Tests.Evaluation;

/// <summary>The figures that see colour and pattern, on pictures in which everybody sees which is nearer.</summary>
public sealed class ObjectFigureTests
{
    private const int Side = 64;
    private static readonly (int, int, int) s_orange = (230, 120, 20);
    private static readonly (int, int, int) s_white = (245, 245, 240);
    private static readonly (int, int, int) s_blue = (30, 60, 200);
    private static readonly (int, int, int) s_black = (20, 20, 20);
    private static readonly (int, int, int) s_grass = (60, 150, 60);
    private static readonly (int, int, int) s_sand = (215, 190, 140);

    // The object of the reference: a ball with stripes on grass.
    private static readonly RgbImage s_reference = Ball(32, 32, 20, Stripes(s_orange, s_white), s_grass);
    private static readonly MaskImage s_mask = new(
        Side,
        Side,
        [.. Enumerable.Range(0, Side * Side).Select(i => IsInside(i % Side, i / Side, 32, 32, 20) ? 1f : 0)]
    );

    public static TheoryData<string> Same => ["same place", "other place and ground", "smaller", "larger"];

    public static TheoryData<string> Others => ["recoloured", "plain", "no object"];

    private static RgbImage Picture(string name) =>
        name switch
        {
            "same place" => Ball(32, 32, 20, Stripes(s_orange, s_white), s_grass),
            "other place and ground" => Ball(22, 38, 20, Stripes(s_orange, s_white), s_sand),
            "smaller" => Ball(40, 40, 16, Stripes(s_orange, s_white, 4.8), s_sand),
            "larger" => Ball(32, 32, 25, Stripes(s_orange, s_white, 7.5), s_sand),
            "recoloured" => Ball(32, 32, 20, Stripes(s_blue, s_black), s_grass),
            "plain" => Ball(32, 32, 20, (_, _) => s_white, s_grass),
            "dots" => Ball(32, 32, 20, (x, y) => (x / 3 % 2) + (y / 3 % 2) == 1 ? s_orange : s_white, s_grass),
            "no object" => TestPictures.Make(Side, Side, (_, _) => s_grass),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such picture."),
        };

    [Theory]
    [MemberData(nameof(Same))]
    public void Colours_OfTheSameObject_AreNear(string picture) => Assert.InRange(Colours(Picture(picture)), 0, 5);

    [Theory]
    [MemberData(nameof(Others))]
    public void Colours_OfAnother_AreFar(string picture) => Assert.InRange(Colours(Picture(picture)), 20, 200);

    [Theory]
    [MemberData(nameof(Same))]
    public void Details_OfTheSameObject_AreNearerThanOfAnyOther(string picture)
    {
        var own = Details(Picture(picture));
        TestContext.Current.TestOutputHelper?.WriteLine($"{picture}: {own:0.00}");
        foreach (var other in (string[])["recoloured", "plain", "dots", "no object"])
        {
            Assert.True(own * 1.5 < Details(Picture(other)), $"{picture} {own:0.00}, {other} {Details(Picture(other)):0.00}");
        }
    }

    [Fact]
    public void Pattern_OfTheSameColours_IsSeenByDetailsAlone()
    {
        var dots = Picture("dots");
        Assert.InRange(Colours(dots), 0, 5);
        Assert.True(Details(dots) > 2 * Details(Picture("other place and ground")) + 5, $"{Details(dots)}");
    }

    [Fact]
    public void Details_OfTheReferenceItself_AreAllThere() => Assert.InRange(Details(s_reference), 0, 0.5);

    [Fact]
    public void Figures_AreTheSame_WhateverTheSizeOfTheFile()
    {
        var (small, large) = (Enlarged(Picture("other place and ground"), 2), Enlarged(Picture("other place and ground"), 5));
        Assert.Equal(Colours(small), Colours(large), 0.5);
        Assert.Equal(Details(small), Details(large), 1.0);
    }

    [Fact]
    public void Figures_OfAStrip_AreNumbers()
    {
        var strip = TestPictures.Make(900, 3, (x, _) => (x % 255, 0, 0));
        Assert.True(double.IsFinite(Colours(strip)));
        Assert.True(double.IsFinite(Details(strip)));
    }

    [Theory]
    [InlineData(255, 255, 255, 100, 0, 0)]
    [InlineData(0, 0, 0, 0, 0, 0)]
    [InlineData(255, 0, 0, 53.24, 80.09, 67.20)]
    [InlineData(0, 0, 255, 32.30, 79.19, -107.86)]
    public void Lab_OfKnownColours_IsWhatTablesSay(int r, int g, int b, double lightness, double redness, double yellowness)
    {
        var lab = LabPicture.Create(TestPictures.Make(Side, Side, (_, _) => (r, g, b)));
        Assert.Equal(lightness, lab.Values[0], 0.05);
        Assert.Equal(redness, lab.Values[1], 0.05);
        Assert.Equal(yellowness, lab.Values[2], 0.05);
    }

    // Each pixel as a square: what a camera with more pixels sees of the same scene.
    private static RgbImage Enlarged(RgbImage picture, int times) =>
        TestPictures.Make(
            Side * times,
            Side * times,
            (x, y) =>
            {
                var at = ((y / times * Side) + (x / times)) * 3;
                return (picture.Pixels[at], picture.Pixels[at + 1], picture.Pixels[at + 2]);
            }
        );

    private static double Colours(RgbImage picture) => new ColourDistance(LabPicture.Create(s_reference), s_mask.Values).Of(LabPicture.Create(picture));

    private static double Details(RgbImage picture)
    {
        using var distance = new PatchDistance(LabPicture.Create(s_reference), s_mask.Values);
        return distance.Of(side => LabPicture.Create(picture, side));
    }

    private static Func<int, int, (int, int, int)> Stripes((int, int, int) one, (int, int, int) other, double width = 6) =>
        (x, _) => (int)Math.Floor(x / width) % 2 == 0 ? one : other;

    // The pattern moves with the object.
    private static RgbImage Ball(int x, int y, int radius, Func<int, int, (int, int, int)> pattern, (int, int, int) ground) =>
        TestPictures.Make(Side, Side, (column, row) => IsInside(column, row, x, y, radius) ? pattern(column - x + 60, row - y + 60) : ground);

    private static bool IsInside(int x, int y, int centreX, int centreY, int radius) =>
        ((x - centreX) * (x - centreX)) + ((y - centreY) * (y - centreY)) <= radius * radius;
}
