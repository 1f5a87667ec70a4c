using System.Text;
using OrleansOneShot.Compute.Plots;
using OrleansOneShot.Compute.Results;

namespace OrleansOneShot.Compute.Tests.Results;

public sealed class LossChartTests
{
    [Fact]
    public void Training_NoLosses_IsNoChart() => Assert.Null(LossChart.Training(new TrainingCurves { Terms = [new TermCurve("object", [0, 0])] }));

    [Fact]
    public void Training_ManySteps_KeepsThePeaksWithFewPoints()
    {
        var values = new double[100_000];
        values[77_777] = 5;
        values[10] = double.NaN;
        var chart = Write(LossChart.Training(new TrainingCurves { Total = values })!);
        Assert.InRange(chart.Length, 1_000, 40_000);

        // The peak touches the top of the plot, 12 below the picture's.
        Assert.Matches(@"L(499|500)[.\d]* 12L", chart);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Training_FewSteps_StillShowsALine(int steps)
    {
        var chart = Write(LossChart.Training(new TrainingCurves { Total = [.. Enumerable.Repeat(0.5, steps)] })!);
        Assert.DoesNotContain("NaN", chart, StringComparison.Ordinal);
        Assert.DoesNotContain("∞", chart, StringComparison.Ordinal);
        Assert.Matches("class=\"line c0\" d=\"M[^\"]*[hL]", chart);
        Assert.Contains("Training loss by term, at the end: total 0.5", chart, StringComparison.Ordinal);
    }

    private static string Write(HtmlElement chart)
    {
        var page = new StringBuilder();
        chart.WriteTo(page);
        return page.ToString();
    }
}
