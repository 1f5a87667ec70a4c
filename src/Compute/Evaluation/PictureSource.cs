using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>A picture to measure.</summary>
/// <param name="Name">Its name in reports.</param>
/// <param name="Prompt">What it was drawn for, class names in place of identifiers.</param>
/// <param name="Read">Gives its pixels; called once, when it is its turn.</param>
public sealed record PictureSource(string Name, string Prompt, Func<RgbImage> Read);

/// <summary>A measured picture.</summary>
/// <param name="Name">Its name in reports.</param>
/// <param name="Prompt">What it was drawn for.</param>
/// <param name="Figures">By <see cref="FigureKind.Name"/>, in the order of <see cref="FigureKind.OfPictures"/>.</param>
public sealed record MeasuredPicture(string Name, string Prompt, IReadOnlyDictionary<string, double> Figures)
{
    /// <summary>Its CLIP features; null without a CLIP.</summary>
    internal float[]? Features { get; init; }
}
