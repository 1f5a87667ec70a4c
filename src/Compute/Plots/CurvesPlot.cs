using OrleansOneShot.Compute.Imaging;
using ScottPlot;
using SkiaSharp;

namespace OrleansOneShot.Compute.Plots;

/// <summary>
/// The picture of a run's losses: by term at the left (smooth line over the faint raw one), the prototypes' at the right. Same input, same pixels.
/// </summary>
public static class CurvesPlot
{
    private const int PanelHeight = 440;

    // Okabe and Ito's colours: told apart by the colour-blind as well.
    private static readonly Color[] s_palette =
    [
        new(0x00, 0x72, 0xB2),
        new(0xD5, 0x5E, 0x00),
        new(0x00, 0x9E, 0x73),
        new(0xCC, 0x79, 0xA7),
        new(0xE6, 0x9F, 0x00),
        new(0x56, 0xB4, 0xE9),
    ];

    // ScottPlot keeps its typefaces in a cache that all plots of the process share.
    private static readonly Lock s_gate = new();

    // ScottPlot's list of resolvers is global; the embedded fonts have a name of their own, so other users of ScottPlot notice nothing.
    static CurvesPlot() => Fonts.FontResolvers.Add(new EmbeddedFontResolver());

    /// <summary>Draws the curves.</summary>
    /// <param name="curves">The losses; empty ones are left out.</param>
    /// <returns>The picture; write it with <see cref="PngWriter"/>.</returns>
    public static RgbImage Render(TrainingCurves curves)
    {
        ArgumentNullException.ThrowIfNull(curves);
        return Locked(() => Draw(curves));
    }

    /// <summary>Draws while no other plot of the process is drawn, with the embedded fonts at hand.</summary>
    /// <param name="draw">Draws.</param>
    internal static RgbImage Locked(Func<RgbImage> draw)
    {
        lock (s_gate)
        {
            return draw();
        }
    }

    private static RgbImage Draw(TrainingCurves curves)
    {
        List<(Plot Plot, int Width)> panels = [(Losses(curves), 800)];
        if (curves.Prototypes.Any(p => p.Losses.Count > 0))
        {
            panels.Add((Prototypes(curves.Prototypes), 480));
        }

        using var canvas = new PictureCanvas(panels.Sum(p => p.Width), PanelHeight);
        var left = 0;
        foreach (var (plot, width) in panels)
        {
            using (plot)
            {
                // Rendering clears the whole canvas; the clip keeps it to the panel.
                canvas.Canvas.Save();
                canvas.Canvas.ClipRect(new SKRect(left, 0, left + width, PanelHeight));
                plot.Render(canvas.Canvas, new PixelRect(left, left + width, PanelHeight, 0));
                canvas.Canvas.Restore();
            }

            left += width;
        }

        return canvas.ToImage();
    }

    private static Plot Losses(TrainingCurves curves)
    {
        var plot = new Plot();
        const int First = 1; // Steps count from 1; the prototypes' curves have a value before their first step.
        AddTerm(plot, "total", curves.Total, PlotStyle.Ink, First);
        for (var i = 0; i < curves.Terms.Count; i++)
        {
            AddTerm(plot, curves.Terms[i].Name, curves.Terms[i].Values, s_palette[i % s_palette.Length], First);
        }

        Style(plot, "Training loss by term", "step", "loss");
        return plot;
    }

    private static Plot Prototypes(IReadOnlyList<PrototypeCurve> prototypes)
    {
        var plot = new Plot();
        for (var i = 0; i < prototypes.Count; i++)
        {
            AddLine(plot, prototypes[i].Token, prototypes[i].Losses, s_palette[i % s_palette.Length], 2, 0);
        }

        Style(plot, "Prototypical embedding", "step", "L_PE  (1 − cosine)");
        return plot;
    }

    private static void AddTerm(Plot plot, string name, IReadOnlyList<double> values, Color colour, int first)
    {
        if (!values.Any(double.IsFinite))
        {
            return;
        }

        AddLine(plot, null, values, colour.WithAlpha(0.22), 1, first);
        AddLine(plot, name, Smoothing.Ema(values, Math.Clamp(values.Count / 8.0, 1, 50)), colour, 2, first);
    }

    private static void AddLine(Plot plot, string? name, IReadOnlyList<double> values, Color colour, float width, int first)
    {
        // Only finite points: a term that is off in some steps keeps one line through the others.
        var points = values.Select((v, i) => new Coordinates(i + first, v)).Where(c => double.IsFinite(c.Y)).ToArray();
        if (points.Length == 0)
        {
            return;
        }

        var line = plot.Add.ScatterLine(points);
        line.Color = colour;
        line.LineWidth = width;
        line.LegendText = name ?? "";
        if (points.Length == 1)
        {
            line.MarkerSize = 6; // A line of one point is nothing to see.
            line.MarkerShape = MarkerShape.FilledCircle;
        }
    }

    private static void Style(Plot plot, string title, string xLabel, string yLabel)
    {
        PlotStyle.Apply(plot, title, xLabel, yLabel);
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true, TickDensity = 0.5 };
        plot.ShowLegend(Alignment.UpperRight);
        plot.Legend.BackgroundColor = Colors.White.WithAlpha(0.8);
        plot.Axes.Margins(0.01, 0);
        plot.Axes.AutoScale();
        var data = plot.Axes.GetLimits();
        plot.Axes.SetLimitsY(Math.Min(data.Bottom, 0), Math.Max(data.Top, 1e-3) * 1.08); // Losses are read against zero.
    }
}
