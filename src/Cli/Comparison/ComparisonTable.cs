using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Evaluation;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>The figures of a comparison, each row's mean over objects with its interval, and its difference to the reference row on the same objects.</summary>
/// <param name="Objects">Ids of the objects.</param>
/// <param name="Figures">The figures, in the order of reports.</param>
internal sealed record ComparisonTable(IReadOnlyList<string> Objects, IReadOnlyList<ComparedFigure> Figures)
{
    private static readonly IReadOnlyList<FigureKind> s_kinds = [.. FigureKind.OfPictures, FigureKind.KidClip];

    /// <summary>Makes the table.</summary>
    /// <param name="measured">The figures of each object. An object that a row lacks is left out of that row.</param>
    /// <param name="rows">The rows' ids, in order.</param>
    /// <param name="reference">The row that others are compared with.</param>
    public static ComparisonTable Of(IReadOnlyList<ObjectMeasures> measured, IReadOnlyList<string> rows, string reference)
    {
        var figures = new List<ComparedFigure>();
        foreach (var kind in s_kinds)
        {
            var values = rows.Select(row => (Row: row, Values: ValuesOf(measured, row, kind.Name))).Where(one => one.Values.Count > 0).ToList();
            if (values.Count == 0)
            {
                continue;
            }

            var own = ValuesOf(measured, reference, kind.Name);
            figures.Add(
                new ComparedFigure(
                    kind.Name,
                    kind.IsHigherBetter ? "higher" : "lower",
                    Mean(measured.Select(one => one.Floor)),
                    Mean(measured.Select(one => one.Ceiling)),
                    [.. values.Select(one => Compare(one.Row, one.Values, own))]
                )
            );

            ComparedValue Compare(string row, IReadOnlyDictionary<string, double> theirs, IReadOnlyDictionary<string, double> ours)
            {
                List<string> shared = row == reference ? [] : [.. theirs.Keys.Where(ours.ContainsKey)];
                var difference =
                    shared.Count == 0 ? null : Bootstrap.PairedDifference([.. shared.Select(id => theirs[id])], [.. shared.Select(id => ours[id])]);
                return new ComparedValue(
                    row,
                    Bootstrap.Mean([.. theirs.Values]),
                    difference,
                    difference is null ? null : Verdict.Of(difference, kind.IsHigherBetter)
                );
            }

            Interval? Mean(IEnumerable<IReadOnlyDictionary<string, double>> some)
            {
                List<double> all = [.. some.Where(one => one.ContainsKey(kind.Name)).Select(one => one[kind.Name])];
                return all.Count == 0 ? null : Bootstrap.Mean(all);
            }
        }

        return new ComparisonTable([.. measured.Select(one => one.Object)], figures);
    }

    /// <summary>What is to be said against figures, each a sentence: by them the photo's own object is no better than what the frozen model draws.</summary>
    public IEnumerable<string> Doubts() =>
        Figures
            .Where(figure => figure is { Floor: not null, Ceiling: not null } && figure.Name is not ("ta" or "kid_clip") && figure.Span <= 0)
            .Select(figure =>
                FormattableString.Invariant(
                    $"By {figure.Name} the photo's own object pasted in ({figure.Ceiling!.Mean:0.000}) is no better than what the model draws without it "
                ) + FormattableString.Invariant($"({figure.Floor!.Mean:0.000}): this figure can't tell how near pictures come to the object.")
            );

    private static Dictionary<string, double> ValuesOf(IReadOnlyList<ObjectMeasures> measured, string row, string figure)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var one in measured)
        {
            if (one.Rows.TryGetValue(row, out var figures) && figures.TryGetValue(figure, out var value))
            {
                values.Add(one.Object, value);
            }
        }

        return values;
    }
}

/// <summary>What an interval of differences says, in words.</summary>
internal static class Verdict
{
    /// <summary>The interval lies on the better side of zero.</summary>
    public const string Better = "better";

    /// <summary>The interval lies on the worse side of zero.</summary>
    public const string Worse = "worse";

    /// <summary>The interval holds zero.</summary>
    public const string NoDifference = "no difference seen";

    /// <summary>There are fewer than <see cref="FewestObjects"/>.</summary>
    public const string TooFew = "too few objects to tell";

    /// <summary>
    /// Fewest objects whose differences say anything: where there is no difference, all of n have one sign, and so an interval without zero, in 2 of 2^n cases,
    /// which is more than one in twenty with five.
    /// </summary>
    public const int FewestObjects = 6;

    /// <summary>The word.</summary>
    /// <param name="difference">Differences to the reference.</param>
    /// <param name="isHigherBetter">Whether more of the figure is better.</param>
    public static string Of(Interval difference, bool isHigherBetter) =>
        difference is not { Low: { } low, High: { } high, Count: >= FewestObjects } ? TooFew
        : low <= 0 && high >= 0 ? NoDifference
        : low > 0 == isHigherBetter ? Better
        : Worse;
}
