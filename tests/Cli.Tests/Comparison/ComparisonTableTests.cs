using OrleansOneShot.Cli.Comparison;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Evaluation;

namespace OrleansOneShot.Cli.Tests.Comparison;

/// <summary>Tables of figures that are made up, so that it is known what they must say.</summary>
public sealed class ComparisonTableTests
{
    [Fact]
    public void Of_DifferencesThatAreAllOfOneSign_AreBetterOrWorseByTheFiguresOwnSense()
    {
        // Objects differ by far more than methods do: only pairs can tell.
        var table = Table(
            Compared.Measures("cat", ("ours", [0.50, 0.60, 10]), ("lora", [0.52, 0.59, 12])),
            Compared.Measures("dog", ("ours", [0.10, 0.90, 20]), ("lora", [0.12, 0.91, 22])),
            Compared.Measures("car", ("ours", [0.90, 0.20, 30]), ("lora", [0.92, 0.20, 32])),
            Compared.Measures("owl", ("ours", [0.50, 0.60, 10]), ("lora", [0.52, 0.59, 12])),
            Compared.Measures("cup", ("ours", [0.10, 0.90, 20]), ("lora", [0.12, 0.91, 22])),
            Compared.Measures("fox", ("ours", [0.90, 0.20, 30]), ("lora", [0.92, 0.20, 32]))
        );

        Assert.Equal(["cat", "dog", "car", "owl", "cup", "fox"], table.Objects);
        Assert.Equal(["ta", "ia", "colour_distance"], table.Figures.Select(figure => figure.Name));
        Assert.Equal(["higher", "higher", "lower"], table.Figures.Select(figure => figure.Better));
        Assert.Equal([Verdict.Better, Verdict.NoDifference, Verdict.Worse], table.Figures.Select(figure => figure.Rows[1].Verdict));
        Assert.All(table.Figures, figure => Assert.Null(figure.Rows[0].Difference));
        var ta = table.Figures[0].Rows[1];
        Assert.Equal(0.52, ta.Value.Mean, 9);
        Assert.Equal(0.02, ta.Difference!.Mean, 9);
        Assert.Equal(0.02, ta.Difference.Low!.Value, 9);
        Assert.True(ta.Value.High - ta.Value.Low > 0.2);
        Assert.Equal(0.6, table.Figures[0].Floor!.Mean, 9);
        Assert.Equal(0.5, table.Figures[0].Ceiling!.Mean, 9);
    }

    [Fact]
    public void Of_AnObjectThatARowLacks_ComparesWithOursOnTheOthers()
    {
        var table = Table(
            Compared.Measures("cat", ("ours", [0.5, 0.6, 10]), ("lora", [0.4, 0.6, 10])),
            Compared.Measures("dog", ("ours", [0.9, 0.6, 10])),
            Compared.Measures("car", ("ours", [0.7, 0.6, 10]), ("lora", [0.6, 0.6, 10]))
        );

        var ta = table.Figures[0];
        Assert.Equal(0.7, ta.Rows[0].Value.Mean, 9);
        Assert.Equal((2, 2), (ta.Rows[1].Value.Count, ta.Rows[1].Difference!.Count));
        Assert.Equal(-0.1, ta.Rows[1].Difference!.Mean, 9);
        Assert.Equal(Verdict.TooFew, ta.Rows[1].Verdict);
    }

    [Fact]
    public void Of_OneObject_SaysThatItIsTooFew()
    {
        var table = Table(Compared.Measures("cat", ("ours", [0.5, 0.6, 10]), ("lora", [0.1, 0.6, 10])));

        Assert.All(table.Figures, figure => Assert.Equal(Verdict.TooFew, figure.Rows[1].Verdict));
        Assert.Null(table.Figures[0].Rows[0].Value.Low);
    }

    [Fact]
    public void Doubts_OfAFigureWhoseCeilingIsNoBetter_NameIt()
    {
        var measured = Compared.Measures("cat", ("ours", [0.5, 0.6, 10]));
        var blind = measured with
        {
            Ceiling = new Dictionary<string, double>
            {
                ["ta"] = 0.1,
                ["ia"] = 0.3,
                ["colour_distance"] = 2,
            },
        };

        Assert.Empty(Table(measured).Doubts());
        Assert.StartsWith("By ia the photo's own object", Assert.Single(Table(blind).Doubts()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.1, 0.2, true, Verdict.Better)]
    [InlineData(0.1, 0.2, false, Verdict.Worse)]
    [InlineData(-0.2, -0.1, true, Verdict.Worse)]
    [InlineData(-0.2, -0.1, false, Verdict.Better)]
    [InlineData(-0.1, 0.2, true, Verdict.NoDifference)]
    [InlineData(0.0, 0.2, true, Verdict.NoDifference)]
    [InlineData(-0.2, 0.0, false, Verdict.NoDifference)]
    public void Verdict_OfAnInterval_IsWhatItsEndsSay(double low, double high, bool isHigherBetter, string word)
    {
        Assert.Equal(word, Verdict.Of(new Interval((low + high) / 2, low, high, Verdict.FewestObjects), isHigherBetter));
        Assert.Equal(Verdict.TooFew, Verdict.Of(new Interval((low + high) / 2, low, high, Verdict.FewestObjects - 1), isHigherBetter));
    }

    private static ComparisonTable Table(params ObjectMeasures[] measured) => ComparisonTable.Of(measured, ["ours", "lora"], "ours");
}
