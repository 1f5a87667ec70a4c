using OrleansOneShot.Compute.Imaging;
using ScottPlot;
using SkiaSharp;

namespace OrleansOneShot.Compute.Plots;

/// <summary>Gives ScottPlot the fonts of the assembly under names of their own, so that no font of the machine is ever used.</summary>
internal sealed class EmbeddedFontResolver : IFontResolver
{
    /// <summary>The name that plots ask for.</summary>
    public const string FontName = "OneShot Sans";

    /// <summary>The same for headings; a name rather than a weight, because ScottPlot's cache takes the first face of a name for all weights.</summary>
    public const string HeadingName = "OneShot Sans Medium";

    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => CreateTypeface(fontName, false, false);

    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
        fontName switch
        {
            FontName => EmbeddedFonts.Load("Roboto-Regular.ttf"),
            HeadingName => EmbeddedFonts.Load("Roboto-Medium.ttf"),
            _ => null,
        };
}
