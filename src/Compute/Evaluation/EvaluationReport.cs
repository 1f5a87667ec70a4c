using System.Globalization;
using System.Text.Json.Serialization;
using OrleansOneShot.Compute.Metrics;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>The figures of a set of pictures, each with what tells how to read it.</summary>
/// <param name="Pictures">Number of pictures.</param>
/// <param name="Figures">One for each figure that could be measured, in the order of <see cref="FigureKind.OfPictures"/>; kid_clip is the last.</param>
public sealed record EvaluationReport(int Pictures, IReadOnlyList<FigureSummary> Figures)
{
    private const int KidSubsets = 100;
    private const int LargestKidSubset = 1000;

    /// <summary>Fewest pictures of a set that KID is estimated from: half of them make a subset, and a kernel within a set takes two.</summary>
    public const int FewestForKid = 4;

    /// <summary>Sums up.</summary>
    /// <param name="sets">Measured pictures.</param>
    /// <param name="seed">Seed of the bootstrap and of KID's subsets.</param>
    public static EvaluationReport Of(EvaluationSets sets, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(sets);
        var figures = new List<FigureSummary>();
        foreach (var kind in FigureKind.OfPictures.Where(kind => sets.Outputs.Any(one => one.Figures.ContainsKey(kind.Name))))
        {
            var (outputs, floor, ceiling) = (Values(sets.Outputs, kind), Values(sets.Floor, kind), Values(sets.Ceiling, kind));
            var interval = Bootstrap.Mean(outputs, (ulong)seed);
            figures.Add(
                new FigureSummary(kind.Name, Better(kind), interval.Mean, interval.Low, interval.High)
                {
                    Floor = floor.Count > 0 ? Bootstrap.Mean(floor, (ulong)seed) : null,
                    Ceiling = ceiling.Count > 0 ? Bootstrap.Mean(ceiling, (ulong)seed) : null,
                    OverFloor = floor.Count > 0 ? Compare(sets, kind, (ulong)seed) : null,
                }
            );
        }

        if (Kid(sets.Outputs, sets.Floor, seed) is { } kid)
        {
            // The frozen model's own pictures in two halves: what the figure says of sets that differ in nothing.
            var halves = Kid([.. sets.Floor.Where((_, i) => i % 2 == 0)], [.. sets.Floor.Where((_, i) => i % 2 == 1)], seed);
            figures.Add(
                new FigureSummary(FigureKind.KidClip.Name, Better(FigureKind.KidClip), kid.Mean, kid.Low, kid.High)
                {
                    Floor = halves,
                    Ceiling = Kid(sets.Ceiling, sets.Floor, seed),
                }
            );
        }

        return new EvaluationReport(sets.Outputs.Count, figures);
    }

    /// <summary>What is to be said against figures, each a sentence: by them the photo's own object is no better than what the frozen model draws.</summary>
    public IEnumerable<string> Doubts() =>
        Figures
            .Where(figure => figure.Span is <= 0)
            .Select(figure =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"By {figure.Name} the photo's own object pasted in ({figure.Ceiling!.Mean:0.000}) is no better than what the model draws without it "
                        + $"({figure.Floor!.Mean:0.000}): this figure can't tell how near pictures come to the object."
                )
            );

    /// <summary>Kernel distance of two sets of pictures over random subsets of half the smaller one, 1,000 at most.</summary>
    /// <param name="pictures">Pictures with CLIP features.</param>
    /// <param name="others">What they are compared with.</param>
    /// <param name="seed">Seed of the subsets.</param>
    /// <returns>
    /// The mean over the subsets and the middle 95 % of their scores; null where a set has fewer than <see cref="FewestForKid"/> pictures or no features.
    /// </returns>
    public static Interval? Kid(IReadOnlyList<MeasuredPicture> pictures, IReadOnlyList<MeasuredPicture> others, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(others);
        var fewest = Math.Min(pictures.Count, others.Count);
        if (fewest < FewestForKid || pictures.Concat(others).Any(one => one.Features is null))
        {
            return null;
        }

        using var scope = NewDisposeScope();
        var (x, y) = (FeatureRows.Of(pictures.Select(one => one.Features!)), FeatureRows.Of(others.Select(one => one.Features!)));
        var score = KidClip.OverSubsets(x, y, KidSubsets, Math.Min(fewest / 2, LargestKidSubset), seed);
        var (low, high) = Bootstrap.Middle([.. score.Scores]);
        return new Interval(score.Mean, low, high, fewest);
    }

    // Pairs where the frozen model drew for the same pictures.
    private static FigureDifference Compare(EvaluationSets sets, FigureKind kind, ulong seed)
    {
        var plain = sets.Floor.GroupBy(one => one.Name, StringComparer.Ordinal).ToDictionary(some => some.Key, some => some.First(), StringComparer.Ordinal);
        var isPaired = sets.Outputs.Count == sets.Floor.Count && sets.Outputs.All(one => plain.ContainsKey(one.Name));
        var difference = isPaired
            ? Bootstrap.PairedDifference(Values(sets.Outputs, kind), [.. sets.Outputs.Select(one => plain[one.Name].Figures[kind.Name])], seed)
            : Bootstrap.Difference(Values(sets.Outputs, kind), Values(sets.Floor, kind), seed);
        return new FigureDifference(difference.Mean, difference.Low, difference.High, isPaired);
    }

    private static List<double> Values(IReadOnlyList<MeasuredPicture> pictures, FigureKind kind) =>
        [.. pictures.Where(one => one.Figures.ContainsKey(kind.Name)).Select(one => one.Figures[kind.Name])];

    private static string Better(FigureKind kind) => kind.IsHigherBetter ? "higher" : "lower";
}

/// <summary>A figure of a set of pictures with a 95 % interval.</summary>
/// <param name="Name">Its <see cref="FigureKind.Name"/>.</param>
/// <param name="Better">higher or lower.</param>
/// <param name="Mean">Mean over the pictures; of kid_clip over subsets.</param>
/// <param name="Low">Lower end of the interval, by bootstrap over pictures (of kid_clip: of the subsets' scores); null of a single picture.</param>
/// <param name="High">Upper end.</param>
public sealed record FigureSummary(string Name, string Better, double Mean, double? Low, double? High)
{
    /// <summary>The same of what the frozen model draws for the same prompts with the class word; of kid_clip, of its two halves.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Interval? Floor { get; init; }

    /// <summary>The same of those pictures with the photo's own object pasted over them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Interval? Ceiling { get; init; }

    /// <summary>The mean minus the floor's: an interval that does not hold zero tells the pictures from the frozen model's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FigureDifference? OverFloor { get; init; }

    /// <summary>
    /// How far the pictures come from floor to ceiling: 0 is the floor, 1 the ceiling. Null where one is not known, where the ceiling is not the better one,
    /// and of ta, at which the frozen model is best.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Way => Span is > 0 ? (Mean - Floor!.Mean) / (Ceiling!.Mean - Floor.Mean) : null;

    /// <summary>How much better the ceiling is than the floor; null where that says nothing.</summary>
    [JsonIgnore]
    internal double? Span =>
        Name == FigureKind.Ta.Name || Name == FigureKind.KidClip.Name || Floor is null || Ceiling is null ? null
        : Better == "higher" ? Ceiling.Mean - Floor.Mean
        : Floor.Mean - Ceiling.Mean;
}

/// <summary>A difference of means with its 95 % interval.</summary>
/// <param name="Mean">The difference.</param>
/// <param name="Low">Lower end; null of single pictures.</param>
/// <param name="High">Upper end.</param>
/// <param name="Paired">Whether picture was compared with picture of the same name.</param>
public sealed record FigureDifference(double Mean, double? Low, double? High, bool Paired);
