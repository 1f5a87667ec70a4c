using OrleansOneShot.Compute.Evaluation;
using OrleansOneShot.Compute.Imaging;
using ScottPlot;

namespace OrleansOneShot.Compute.Plots;

/// <summary>
/// Image alignment against text alignment, a point a method with its intervals (fig. 6 of the paper): right and up is better. Same input, same pixels.
/// </summary>
public static class AlignmentPlot
{
    private const int Width = 860;
    private const int Height = 560;
    private const float MarkerSize = 11;
    private const float LeftAxis = 64;

    private static readonly Color s_muted = new(0x6B, 0x72, 0x80);

    // Okabe and Ito's colours: told apart by the colour-blind as well.
    private static readonly Color[] s_palette =
    [
        new(0x00, 0x72, 0xB2),
        new(0xD5, 0x5E, 0x00),
        new(0x00, 0x9E, 0x73),
        new(0xCC, 0x79, 0xA7),
        new(0xE6, 0x9F, 0x00),
        new(0x56, 0xB4, 0xE9),
        new(0x84, 0x5E, 0xC2),
    ];

    // Rows are told apart by more than colour.
    private static readonly MarkerShape[] s_shapes =
    [
        MarkerShape.FilledCircle,
        MarkerShape.FilledSquare,
        MarkerShape.FilledTriangleUp,
        MarkerShape.FilledDiamond,
        MarkerShape.FilledTriangleDown,
        MarkerShape.OpenCircle,
        MarkerShape.OpenSquare,
    ];

    private static readonly MarkerShape[] s_marks = [MarkerShape.OpenTriangleDown, MarkerShape.OpenTriangleUp];

    /// <summary>Draws the plot.</summary>
    /// <param name="title">The line on top.</param>
    /// <param name="points">The methods, in the order of the legend.</param>
    /// <param name="marks">Floor and ceiling, drawn in grey.</param>
    /// <returns>The picture; write it with <see cref="PngWriter"/>.</returns>
    public static RgbImage Render(string title, IReadOnlyList<AlignmentPoint> points, IReadOnlyList<AlignmentPoint> marks)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(marks);
        return CurvesPlot.Locked(() =>
        {
            using var plot = new Plot();
            for (var i = 0; i < marks.Count; i++)
            {
                Add(plot, marks[i], s_muted, s_marks[i % s_marks.Length]);
            }

            for (var i = 0; i < points.Count; i++)
            {
                Add(plot, points[i], s_palette[i % s_palette.Length], s_shapes[i % s_shapes.Length]);
            }

            Style(plot, title);
            using var canvas = new PictureCanvas(Width, Height);
            plot.Render(canvas.Canvas, new PixelRect(0, Width, Height, 0));
            return canvas.ToImage();
        });
    }

    private static void Add(Plot plot, AlignmentPoint point, Color colour, MarkerShape shape)
    {
        foreach (var (x1, y1, x2, y2) in Bars(point))
        {
            var bar = plot.Add.Line(x1, y1, x2, y2);
            bar.Color = colour.WithAlpha(0.55);
            bar.LineWidth = 1.5f;
        }

        var marker = plot.Add.Marker(point.Text.Mean, point.Image.Mean, shape, MarkerSize, colour);
        marker.LegendText = point.Name;
    }

    private static IEnumerable<(double X1, double Y1, double X2, double Y2)> Bars(AlignmentPoint point)
    {
        if (point.Text is { Low: { } left, High: { } right })
        {
            yield return (left, point.Image.Mean, right, point.Image.Mean);
        }

        if (point.Image is { Low: { } low, High: { } high })
        {
            yield return (point.Text.Mean, low, point.Text.Mean, high);
        }
    }

    private static void Style(Plot plot, string title)
    {
        PlotStyle.Apply(plot, title, "text alignment (TA)", "image alignment (IA)");
        plot.ShowLegend(Edge.Right);
        plot.Axes.Margins(0.12, 0.12);

        // Numbers of four characters would run into the label.
        plot.Axes.Left.MinimumSize = LeftAxis;
        plot.Axes.AutoScale();
    }
}

/// <summary>A method's place.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Text">Text alignment.</param>
/// <param name="Image">Image alignment.</param>
public sealed record AlignmentPoint(string Name, Interval Text, Interval Image);
