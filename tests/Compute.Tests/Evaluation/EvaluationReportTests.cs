using OrleansOneShot.Compute.Evaluation;
using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Tests.Evaluation;

public sealed class EvaluationReportTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Kid_TwoHalvesOfOneSet_HoldsZero(long seed)
    {
        var all = Pictures(80, 0, seed);
        var halves = EvaluationReport.Kid([.. all.Take(40)], [.. all.Skip(40)])!;
        Assert.True(halves.Holds(0), halves.ToString());

        // And a set that differs does not, with the same number of pictures.
        var apart = EvaluationReport.Kid([.. all.Take(40)], Pictures(40, 0.7, seed + 100))!;
        Assert.False(apart.Holds(0), apart.ToString());
        Assert.True(apart.Low > halves.Mean, $"{apart} beside {halves}");
    }

    [Fact]
    public void Kid_FewPicturesOrNoFeatures_IsLeftOut()
    {
        Assert.Null(EvaluationReport.Kid(Pictures(3, 0, 1), Pictures(9, 0, 2)));
        Assert.NotNull(EvaluationReport.Kid(Pictures(4, 0, 1), Pictures(9, 0, 2)));
        Assert.Null(EvaluationReport.Kid([.. Pictures(4, 0, 1).Select(one => one with { Features = null })], Pictures(9, 0, 2)));
    }

    [Fact]
    public void Of_SetsOfTheSameNames_ComparesPairs()
    {
        // Each picture 0.1 above its own: far less than they spread.
        double[] floor = [0.1, 0.5, 0.9, 0.3];
        var sets = new EvaluationSets(Measured(floor.Select(v => v + 0.1)), [.. Measured(floor).Reverse()], Measured(floor.Select(_ => 1.0)));

        var figure = EvaluationReport.Of(sets).Figures.Single(one => one.Name == "ia");

        Assert.True(figure.OverFloor!.Paired);
        Assert.Equal(0.1, figure.OverFloor.Mean, 9);
        Assert.Equal(0.1, figure.OverFloor.Low!.Value, 9);
        Assert.Equal(0.45, figure.Floor!.Mean, 9);
        Assert.Equal((1.0, 1.0), (figure.Ceiling!.Low!.Value, figure.Ceiling.High!.Value));
        Assert.Equal(0.1 / 0.55, figure.Way!.Value, 9);
    }

    [Fact]
    public void Doubts_CeilingBelowTheFloor_AreSaidAndThereIsNoWay()
    {
        var blind = EvaluationReport.Of(new EvaluationSets(Measured([0.5, 0.6]), Measured([0.4, 0.5]), Measured([0.2, 0.3])));
        Assert.Null(blind.Figures.Single().Way);
        Assert.Contains("ia", Assert.Single(blind.Doubts()), StringComparison.Ordinal);
        Assert.Empty(EvaluationReport.Of(new EvaluationSets(Measured([0.5, 0.6]), Measured([0.4, 0.5]), Measured([0.8, 0.9]))).Doubts());
    }

    [Fact]
    public void Of_SetsOfOtherNames_ComparesMeans()
    {
        var sets = new EvaluationSets(Measured([0.5, 0.6]), [.. Measured([0.1, 0.2, 0.3]).Select(one => one with { Name = $"plain {one.Name}" })], []);
        var figure = EvaluationReport.Of(sets).Figures.Single();
        Assert.False(figure.OverFloor!.Paired);
        Assert.Equal(0.35, figure.OverFloor.Mean, 9);
        Assert.Null(figure.Ceiling);
        Assert.Null(figure.Way);
    }

    [Fact]
    public void Of_PicturesAlone_HasMeansAndIntervals()
    {
        var figure = EvaluationReport.Of(new EvaluationSets(Measured([0.2, 0.4]), [], [])).Figures.Single();
        Assert.Equal(("ia", "higher", 0.3), (figure.Name, figure.Better, Math.Round(figure.Mean, 9)));
        Assert.Equal((0.2, 0.4), (figure.Low!.Value, figure.High!.Value));
        Assert.Null(figure.Floor);
        Assert.Null(figure.OverFloor);
    }

    private static MeasuredPicture[] Measured(IEnumerable<double> ia) =>
        [.. ia.Select((value, i) => new MeasuredPicture($"{i}.png", "a cat", new Dictionary<string, double> { ["ia"] = value }))];

    // Features as a CLIP of 32 dimensions might give them: normal, about a mean.
    private static MeasuredPicture[] Pictures(int count, double mean, long seed)
    {
        using var random = new KeyedRandom(seed, 0, RandomPurpose.Noise);
        using var drawn = random.Normal(count, 32);
        var values = drawn.data<float>().ToArray();
        return
        [
            .. values
                .Chunk(32)
                .Select(
                    (row, i) =>
                        new MeasuredPicture($"{i}.png", "a cat", new Dictionary<string, double>()) { Features = Array.ConvertAll(row, v => v + (float)mean) }
                ),
        ];
    }
}
