using OrleansOneShot.Cli.Comparison;
using OrleansOneShot.Cli.Output;

namespace OrleansOneShot.Cli.Tests.Comparison;

/// <summary>The rule by which settings are chosen. The floor's text alignment is 0.6, so 0.57 may just be kept.</summary>
public sealed class TunedChoiceTests
{
    private static readonly string[] s_rows = ["a", "b", "c"];

    [Fact]
    public void Choose_OfThoseThatKeepTheText_IsTheNearest()
    {
        var scores = Score(("a", [0.59, 0.5, 20]), ("b", [0.58, 0.5, 10]), ("c", [0.40, 0.8, 2]));

        Assert.Equal([true, true, false], scores.Select(score => score.KeepsText));
        Assert.Equal(1.0, scores[2].Nearness!.Value, 9);
        Assert.Equal((30.0 - 10) / 28, scores[1].Nearness!.Value, 9);
        Assert.Equal(2, TunedChoice.Choose(scores));
    }

    [Fact]
    public void Choose_WhereNoneKeepsTheText_IsTheOneThatKeepsMostOfIt() =>
        Assert.Equal(3, TunedChoice.Choose(Score(("a", [0.30, 0.5, 2]), ("b", [0.20, 0.5, 2]), ("c", [0.45, 0.5, 25]))));

    [Fact]
    public void Choose_OfEquals_IsTheFirst() => Assert.Equal(1, TunedChoice.Choose(Score(("a", [0.6, 0.5, 5]), ("b", [0.6, 0.5, 5]), ("c", [0.6, 0.5, 9]))));

    [Fact]
    public void Score_OfASettingThatLacksAnObject_IsNone()
    {
        ObjectMeasures[] measured =
        [
            Compared.Measures("fox", ("a", [0.6, 0.5, 20]), ("b", [0.6, 0.5, 2]), ("c", [0.6, 0.5, 25])),
            Compared.Measures("ball", ("a", [0.6, 0.5, 20]), ("c", [0.6, 0.5, 25])),
        ];

        var scores = TunedChoice.Score(measured, s_rows);

        Assert.Null(scores[1].Nearness);
        Assert.Equal(1, TunedChoice.Choose(scores));
        Assert.Equal(MethodSettings.OwnNumber, TunedChoice.Choose(TunedChoice.Score([], s_rows)));
    }

    [Fact]
    public void Score_ByAFigureWhoseCeilingIsNoBetter_IsNot()
    {
        var blind = Compared.Measures("fox", ("a", [0.6, 0.7, 20]), ("b", [0.6, 0.5, 2])) with
        {
            Ceiling = new Dictionary<string, double>
            {
                ["ta"] = 0.5,
                ["ia"] = 0.8,
                ["colour_distance"] = 31,
            },
        };

        var scores = TunedChoice.Score([blind], ["a", "b"]);

        Assert.Equal([0.7, 0.5], scores.Select(score => score.Nearness!.Value));
    }

    private static IReadOnlyList<SettingScore> Score(params (string Row, double[] Values)[] rows) =>
        TunedChoice.Score([Compared.Measures("fox", rows)], s_rows);
}
