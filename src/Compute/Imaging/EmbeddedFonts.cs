using SkiaSharp;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>
/// Roboto (Apache 2.0), carried in the assembly: servers and containers often have no font at all, and the same text gives the same pixels everywhere.
/// </summary>
internal static class EmbeddedFonts
{
    private static readonly Lazy<SKTypeface> s_regularFace = new(() => Load("Roboto-Regular.ttf"));
    private static readonly Lazy<SKTypeface> s_mediumFace = new(() => Load("Roboto-Medium.ttf"));

    /// <summary>For running text. Shared; never disposed.</summary>
    public static SKTypeface Regular => s_regularFace.Value;

    /// <summary>For headings. Shared; never disposed.</summary>
    public static SKTypeface Medium => s_mediumFace.Value;

    /// <summary>A face of its own, for a caller that disposes of it.</summary>
    public static SKTypeface Load(string name)
    {
        using var stream =
            typeof(EmbeddedFonts).Assembly.GetManifestResourceStream("Fonts/" + name)
            ?? throw new InvalidOperationException($"The assembly lacks the font {name}.");
        using var data = SKData.Create(stream);
        return SKTypeface.FromData(data) ?? throw new InvalidOperationException($"Skia can't read the font {name}.");
    }
}
