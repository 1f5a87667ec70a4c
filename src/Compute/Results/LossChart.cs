using System.Globalization;
using System.Text;
using OrleansOneShot.Compute.Plots;
using static OrleansOneShot.Compute.Results.HtmlElement;

namespace OrleansOneShot.Compute.Results;

/// <summary>A chart of losses as SVG: a smooth line over the faint raw one for each term. Its colours are the page's, in light and in dark.</summary>
internal sealed class LossChart
{
    private const int Width = 640;
    private const int Height = 280;
    private const int Left = 52;
    private const int Right = 12;
    private const int Top = 12;
    private const int Bottom = 42;

    // About one every pixel and a half: more can't be told apart.
    private const int MostPoints = 400;

    // Classes of the style sheet, whose colours the colour-blind can tell apart.
    private const int Colours = 6;

    private readonly IReadOnlyList<(string Name, IReadOnlyList<double> Values)> _terms;
    private readonly int _first;
    private readonly int _steps;
    private readonly double _top;
    private readonly double _tick;

    private LossChart(IReadOnlyList<(string Name, IReadOnlyList<double> Values)> terms, int first)
    {
        _terms = terms;
        _first = first;
        _steps = terms.Max(term => term.Values.Count);
        var most = terms.SelectMany(term => term.Values).Where(double.IsFinite).DefaultIfEmpty(0).Max();
        _tick = Tick(Math.Max(most, 1e-3));
        _top = Math.Ceiling(Math.Max(most, 1e-3) / _tick) * _tick;
    }

    /// <summary>The losses of training by term, steps from 1; null where there are none.</summary>
    /// <param name="curves">The losses.</param>
    public static HtmlElement? Training(TrainingCurves curves) =>
        Draw("Training loss by term", [("total", curves.Total), .. curves.Terms.Select(term => (term.Name, term.Values))], 1);

    /// <summary>The losses of the prototypical embeddings by object, from before the first step; null where there are none.</summary>
    /// <param name="curves">The losses.</param>
    public static HtmlElement? Prototypes(TrainingCurves curves) =>
        Draw("Loss of the prototypical embedding (1 - cosine)", [.. curves.Prototypes.Select(prototype => (prototype.Token, prototype.Losses))], 0);

    private static HtmlElement? Draw(string title, IReadOnlyList<(string Name, IReadOnlyList<double> Values)> terms, int first)
    {
        // A term that is off is zero throughout.
        var shown = terms.Where(term => term.Values.Any(value => double.IsFinite(value) && value != 0)).ToList();
        return shown.Count == 0 ? null : new LossChart(shown, first).Draw(title);
    }

    private HtmlElement Draw(string title)
    {
        var last = string.Join("; ", _terms.Select(term => $"{term.Name} {Value(Last(term.Values))}"));
        return new HtmlElement("figure", ("class", "chart"))
        {
            new HtmlElement("figcaption")
            {
                new HtmlElement("h3") { title },
                new HtmlElement("ul", ("class", "legend")) { _terms.Select((term, i) => new HtmlElement("li", ("class", Colour(i))) { term.Name }) },
            },
            new HtmlElement("svg", ("viewBox", $"0 0 {Width} {Height}"), ("role", "img"), ("aria-label", $"{title}, at the end: {last}"))
            {
                Rows(),
                Columns(),
                new HtmlElement("text", ("class", "axis"), ("x", Number((Left + Width - Right) / 2.0)), ("y", Number(Height - 4)), ("text-anchor", "middle"))
                {
                    "step",
                },
                _terms.SelectMany((term, i) => Lines(term.Values, Colour(i))),
            },
        };
    }

    private IEnumerable<HtmlElement> Rows()
    {
        for (var i = 0; i * _tick <= _top * 1.0001; i++)
        {
            var y = Number(Y(i * _tick));
            yield return new HtmlElement("line", ("class", "rule"), ("x1", Number(Left)), ("x2", Number(Width - Right)), ("y1", y), ("y2", y));
            yield return new HtmlElement("text", ("class", "axis"), ("x", Number(Left - 6)), ("y", y), ("dy", "0.32em"), ("text-anchor", "end"))
            {
                Value(i * _tick),
            };
        }
    }

    private IEnumerable<HtmlElement> Columns()
    {
        var step = Math.Max(1, (int)Math.Round(Tick(_steps)));
        for (var at = _first == 0 ? 0 : step; at < _steps + _first; at += step)
        {
            yield return new HtmlElement(
                "text",
                ("class", "axis"),
                ("x", Number(X(at - _first))),
                ("y", Number(Height - Bottom + 18)),
                ("text-anchor", at == _steps + _first - 1 ? "end" : "middle")
            )
            {
                at.ToString(CultureInfo.InvariantCulture),
            };
        }
    }

    private IEnumerable<HtmlElement> Lines(IReadOnlyList<double> values, string colour)
    {
        if (_first > 0)
        {
            yield return new HtmlElement("path", ("class", $"raw {colour}"), ("d", Path(values)));
            values = Smoothing.Ema(values, Math.Clamp(values.Count / 8.0, 1, 50));
        }

        yield return new HtmlElement("path", ("class", $"line {colour}"), ("d", Path(values)));
    }

    // Of many steps the least and the greatest of each few, so that no peak is lost.
    private string Path(IReadOnlyList<double> values)
    {
        var path = new StringBuilder();
        var each = (values.Count + MostPoints - 1) / MostPoints;
        for (var start = 0; start < values.Count; start += each)
        {
            var some = Enumerable.Range(start, Math.Min(each, values.Count - start)).Where(i => double.IsFinite(values[i])).ToList();
            if (some.Count == 0)
            {
                continue;
            }

            foreach (var i in new[] { some.MinBy(i => values[i]), some.MaxBy(i => values[i]) }.Distinct().Order())
            {
                path.Append(path.Length == 0 ? 'M' : 'L').Append(Number(X(i))).Append(' ').Append(Number(Y(values[i])));
            }
        }

        // A line of one point is nothing to see.
        return values.Count == 1 ? path.Append("h4").ToString() : path.ToString();
    }

    private double X(int index) => Left + ((double)index / Math.Max(_steps - 1, 1) * (Width - Left - Right));

    private double Y(double value) => Height - Bottom - (value / _top * (Height - Top - Bottom));

    // 1, 2 or 5 times a power of ten, so that there are about five.
    private static double Tick(double most)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(most / 5)));
        return (most / 5 / power) switch
        {
            <= 1 => power,
            <= 2 => 2 * power,
            <= 5 => 5 * power,
            _ => 10 * power,
        };
    }

    private static string Colour(int index) => string.Create(CultureInfo.InvariantCulture, $"c{index % Colours}");

    private static string Value(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    private static double Last(IReadOnlyList<double> values) => values.LastOrDefault(double.IsFinite);
}
