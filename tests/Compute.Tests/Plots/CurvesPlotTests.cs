using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Plots;

namespace OrleansOneShot.Compute.Tests.Plots;

public sealed class CurvesPlotTests
{
    [Fact]
    public void Render_Twice_GivesTheSamePng() => Assert.Equal(PngWriter.Encode(CurvesPlot.Render(Sample())), PngWriter.Encode(CurvesPlot.Render(Sample())));

    [Fact]
    public void Render_WithPrototypes_AddsAPanel()
    {
        Assert.Equal((1280, 440), Size(CurvesPlot.Render(Sample())));
        Assert.Equal((800, 440), Size(CurvesPlot.Render(Sample() with { Prototypes = [] })));
    }

    [Fact]
    public void Render_EachTerm_ShowsItsColour()
    {
        var image = CurvesPlot.Render(Sample());
        Assert.True(Near(image, 0x00, 0x72, 0xB2) > 200, "global");
        Assert.True(Near(image, 0xD5, 0x5E, 0x00) > 200, "object");
        Assert.True(Near(image, 0x00, 0x9E, 0x73) > 200, "class");
        var curves = Sample();
        var without = CurvesPlot.Render(curves with { Terms = [.. curves.Terms.Take(2), new TermCurve("class", [double.NaN, double.NaN])] });
        Assert.Equal(0, Near(without, 0x00, 0x9E, 0x73));
    }

    [Fact]
    public void Render_Text_IsDrawnWithTheEmbeddedFont()
    {
        // The title's place, left of its middle: only glyphs can darken it.
        var image = CurvesPlot.Render(Sample() with { Prototypes = [] });
        var dark = 0;
        for (var y = 4; y < 30; y++)
        {
            for (var x = 200; x < 600; x++)
            {
                dark += image.Pixels[((y * image.Width) + x) * 3] < 128 ? 1 : 0;
            }
        }

        Assert.InRange(dark, 200, 4000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Render_HardlyAnySteps_StillDraws(int steps)
    {
        double[] values = [.. Enumerable.Repeat(0.5, steps)];
        var image = CurvesPlot.Render(
            new TrainingCurves
            {
                Total = values,
                Terms = [new TermCurve("global", values)],
                Prototypes = [new("<cat>", values)],
            }
        );
        Assert.Equal(steps == 0 ? 800 : 1280, image.Width);
        Assert.Equal(steps > 0, Near(image, 0x00, 0x72, 0xB2) > 10);
    }

    [Fact]
    public void Ema_Curve_AveragesTheLastPointsAndSkipsGaps()
    {
        Assert.Equal([4, 4, 4], Smoothing.Ema([4, 4, 4], 10));
        Assert.Equal([1, 5], Smoothing.Ema([1, 5], 1));
        var result = Smoothing.Ema([1, double.NaN, 4], 3);
        Assert.Equal(1, result[0]);
        Assert.True(double.IsNaN(result[1]));
        Assert.Equal(3, result[2], 12); // (1 / 2 + 4) / (1 / 2 + 1)
    }

    private static TrainingCurves Sample()
    {
        var random = new Random(3);
        double[] global = [.. Enumerable.Range(0, 100).Select(i => 0.1 + (0.25 * random.NextDouble() * random.NextDouble()))];
        double[] own = [.. Enumerable.Range(0, 100).Select(i => 0.05 + (0.3 * Math.Exp(-i / 30.0)) + (0.1 * random.NextDouble()))];
        double[] ofClass = [.. Enumerable.Range(0, 100).Select(i => 0.3 * Math.Exp(-i / 20.0))];
        return new TrainingCurves
        {
            Terms = [new TermCurve("global", global), new TermCurve("object", own), new TermCurve("class", ofClass)],
            Total = [.. global.Select((g, i) => g + own[i] + ofClass[i])],
            Prototypes =
            [
                new("<cat>", [.. Enumerable.Range(0, 41).Select(i => 0.06 + (0.3 * Math.Exp(-i / 8.0)))]),
                new("<cup>", [.. Enumerable.Range(0, 41).Select(i => 0.1 + (0.2 * Math.Exp(-i / 12.0)))]),
            ],
        };
    }

    private static (int Width, int Height) Size(RgbImage image) => (image.Width, image.Height);

    private static int Near(RgbImage image, int r, int g, int b) =>
        Enumerable
            .Range(0, image.Width * image.Height)
            .Count(i => Math.Abs(image.Pixels[i * 3] - r) + Math.Abs(image.Pixels[(i * 3) + 1] - g) + Math.Abs(image.Pixels[(i * 3) + 2] - b) < 12);
}
