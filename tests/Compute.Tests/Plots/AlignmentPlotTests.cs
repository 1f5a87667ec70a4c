using OrleansOneShot.Compute.Evaluation;
using OrleansOneShot.Compute.Plots;

namespace OrleansOneShot.Compute.Tests.Plots;

public sealed class AlignmentPlotTests
{
    private static readonly AlignmentPoint s_ours = new("ours", new Interval(0.60, 0.58, 0.62, 8), new Interval(0.50, 0.45, 0.55, 8));
    private static readonly AlignmentPoint s_lora = new("plain LoRA", new Interval(0.55, 0.50, 0.60, 8), new Interval(0.40, null, null, 1));
    private static readonly AlignmentPoint s_floor = new("floor", new Interval(0.65, 0.64, 0.66, 8), new Interval(0.30, 0.28, 0.32, 8));

    [Fact]
    public void Render_Methods_IsTheSamePictureForTheSameFiguresAndAnotherForOthers()
    {
        var picture = AlignmentPlot.Render("toyworld-64", [s_ours, s_lora], [s_floor]);

        Assert.Equal((860, 560), (picture.Width, picture.Height));
        Assert.Equal(picture.Pixels, AlignmentPlot.Render("toyworld-64", [s_ours, s_lora], [s_floor]).Pixels);
        Assert.NotEqual(picture.Pixels, AlignmentPlot.Render("toyworld-64", [s_ours, s_lora with { Text = s_ours.Text }], [s_floor]).Pixels);
        Assert.NotEqual(picture.Pixels, AlignmentPlot.Render("toyworld-64", [s_ours, s_lora], []).Pixels);
    }
}
