using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Evaluation;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>
/// Chooses a method's settings on the tuning objects: of those that keep the text alignment, the one that brings the object nearest. Nearness is the mean over
/// the figures of the object of how far they come from floor to ceiling, so that a CLIP which can't tell one cat from another does not choose alone.
/// </summary>
internal static class TunedChoice
{
    /// <summary>Most that text alignment may lose, as a part of the floor's.</summary>
    public const double MostTextLoss = 0.05;

    private static readonly IReadOnlyList<FigureKind> s_nearness =
    [
        FigureKind.IaObject,
        FigureKind.DinoObject,
        FigureKind.ColourDistance,
        FigureKind.PatchDistance,
    ];

    /// <summary>Scores the settings of a grid.</summary>
    /// <param name="measured">The tuning objects.</param>
    /// <param name="rows">The settings' rows, in the order of the grid.</param>
    /// <returns>A score a row, in order; those that were not measured have none.</returns>
    public static IReadOnlyList<SettingScore> Score(IReadOnlyList<ObjectMeasures> measured, IReadOnlyList<string> rows)
    {
        // Of a figure by which the photo's own object is no better than the frozen model's drawing, nothing can be learned.
        var figures = s_nearness
            .Select(kind => (Kind: kind, Floor: Mean(measured.Select(one => one.Floor), kind), Ceiling: Mean(measured.Select(one => one.Ceiling), kind)))
            .Where(one => one is { Floor: { } floor, Ceiling: { } ceiling } && (one.Kind.IsHigherBetter ? ceiling > floor : ceiling < floor))
            .ToList();
        var text = Mean(measured.Select(one => one.Floor), FigureKind.Ta);
        return
        [
            .. rows.Select(row =>
            {
                // Settings are compared on the same objects or not at all.
                var own = measured.Where(one => one.Rows.ContainsKey(row)).Select(one => one.Rows[row]).ToList();
                if (own.Count < measured.Count || own.Count == 0)
                {
                    return new SettingScore(row, null, null, false);
                }

                var ways = figures.Select(one => (Mean(own, one.Kind)!.Value - one.Floor!.Value) / (one.Ceiling!.Value - one.Floor.Value)).ToList();
                var ta = Mean(own, FigureKind.Ta);
                return new SettingScore(row, ways.Count > 0 ? ways.Average() : Mean(own, FigureKind.Ia), ta, ta >= text * (1 - MostTextLoss));
            }),
        ];
    }

    /// <summary>Chooses.</summary>
    /// <param name="scores">The scores, in the order of the grid.</param>
    /// <returns>
    /// The chosen setting's number, from 1: of those that keep the text alignment the nearest; where none does, the one that keeps most of it; where none was
    /// measured, the method's own. Of equals the first.
    /// </returns>
    public static int Choose(IReadOnlyList<SettingScore> scores)
    {
        var all = scores.Select((score, i) => (Score: score, Number: i + 1)).Where(one => one.Score.Nearness is not null).ToList();
        var kept = all.Where(one => one.Score.KeepsText).ToList();
        return kept.Count > 0 ? kept.MaxBy(one => one.Score.Nearness).Number
            : all.Count > 0 ? all.MaxBy(one => one.Score.Text).Number
            : MethodSettings.OwnNumber;
    }

    private static double? Mean(IEnumerable<IReadOnlyDictionary<string, double>> some, FigureKind kind)
    {
        var all = some.Where(one => one.ContainsKey(kind.Name)).Select(one => one[kind.Name]).ToList();
        return all.Count == 0 ? null : all.Average();
    }
}

/// <summary>What a setting of a grid is worth.</summary>
/// <param name="Row">Its row.</param>
/// <param name="Nearness">
/// Mean over the figures of the object of the way from floor (0) to ceiling (1); image alignment where no figure has a way; null where it was not measured.
/// </param>
/// <param name="Text">Mean text alignment; null where it was not measured.</param>
/// <param name="KeepsText">Whether it loses no more of the floor's text alignment than may be lost.</param>
internal sealed record SettingScore(string Row, double? Nearness, double? Text, bool KeepsText);
