using ScottPlot;

namespace OrleansOneShot.Compute.Plots;

/// <summary>What all plots look like.</summary>
internal static class PlotStyle
{
    private static readonly Color s_grid = new(0xEC, 0xEE, 0xF0);

    /// <summary>The colour of axes and of what counts most.</summary>
    public static Color Ink { get; } = new(0x1F, 0x23, 0x28);

    /// <summary>Fonts, colours and words.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="title">Above it.</param>
    /// <param name="xLabel">Below it.</param>
    /// <param name="yLabel">On its left.</param>
    public static void Apply(Plot plot, string title, string xLabel, string yLabel)
    {
        plot.Title(title);
        plot.XLabel(xLabel);
        plot.YLabel(yLabel);
        plot.Font.Set(EmbeddedFontResolver.FontName);
        plot.FigureBackground.Color = Colors.White;
        plot.DataBackground.Color = Colors.White;
        plot.Grid.MajorLineColor = s_grid;
        plot.Axes.Color(Ink);
        plot.Axes.Title.Label.FontSize = 16;
        plot.Axes.Title.Label.FontName = EmbeddedFontResolver.HeadingName;
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Bottom.Label.FontSize = 13;
        plot.Axes.Left.Label.FontSize = 13;
        plot.Axes.Bottom.Label.Bold = false;
        plot.Axes.Left.Label.Bold = false;
        plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Axes.Right.FrameLineStyle.Width = 0;
        plot.Legend.FontName = EmbeddedFontResolver.FontName;
        plot.Legend.FontSize = 13;
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
    }
}
