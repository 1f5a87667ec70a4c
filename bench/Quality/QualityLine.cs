using System.Globalization;

namespace OrleansOneShot.Bench.Quality;

/// <summary>Cosines of one object, or their means: with what was learned, and of the frozen model with the class word at the same seeds.</summary>
internal sealed record QualityLine(string Name, double IaObject, double PlainIaObject, double Ta, double PlainTa, double Ia, double Seconds)
{
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Name,-12} ia_object {IaObject:0.000} (plain {PlainIaObject:0.000}, {IaObject - PlainIaObject:+0.000;-0.000})   TA {Ta:0.000} (plain "
                + $"{PlainTa:0.000}, {Ta - PlainTa:+0.000;-0.000})   IA {Ia:0.000}   {Seconds:0.0} s"
        );

    public static QualityLine Mean(IReadOnlyList<QualityLine> lines) =>
        new(
            "mean",
            lines.Average(l => l.IaObject),
            lines.Average(l => l.PlainIaObject),
            lines.Average(l => l.Ta),
            lines.Average(l => l.PlainTa),
            lines.Average(l => l.Ia),
            lines.Average(l => l.Seconds)
        );
}
