using System.Globalization;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>
/// The square of a photo that training sees (METHOD.md, section 3): the smallest that holds the union of the masks with a margin, or the whole short side; the
/// same for every object.
/// </summary>
public sealed class TrainingCrop
{
    /// <summary>Added on each side, as a part of the longer side of the masks' bounding box.</summary>
    internal const double Margin = 0.25;

    /// <summary>A square beyond this part of the short side becomes the whole short side.</summary>
    internal const double WholeFrom = 0.6;

    /// <summary>Values up to this are compression noise, not object.</summary>
    private const float Noise = 0.1f;

    /// <summary>Objects may lose this part of themselves at the border of the square without a warning.</summary>
    private const double CutTolerance = 0.01;

    private TrainingCrop(PixelRectangle rectangle, RgbImage image, IReadOnlyList<MaskImage> masks, string description, IReadOnlyList<string> warnings)
    {
        Rectangle = rectangle;
        Image = image;
        Masks = masks;
        Description = description;
        Warnings = warnings;
    }

    /// <summary>The square within the upright photo.</summary>
    public PixelRectangle Rectangle { get; }

    /// <summary>The square at the model's resolution.</summary>
    public RgbImage Image { get; }

    /// <summary>Each object's mask at the same place and size.</summary>
    public IReadOnlyList<MaskImage> Masks { get; }

    /// <summary>What was done, such as "rotated by EXIF, cropped 1210 x 1210 at (310, 42) of 4000 x 3000, resized to 512 x 512".</summary>
    public string Description { get; }

    /// <summary>What the owner should know, each a sentence; the masks' own warnings come first.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Cuts photo and masks.</summary>
    /// <param name="photo">The upright photo.</param>
    /// <param name="masks">A mask for each object, of the photo's size.</param>
    /// <param name="resolution">Side of the result in pixels.</param>
    /// <param name="close">Whether a large square stays as it was found, and does not become the whole short side.</param>
    /// <exception cref="ArgumentException">There is no mask, or one of another size.</exception>
    public static TrainingCrop Create(RgbImage photo, IReadOnlyList<MaskImage> masks, int resolution, bool close = false)
    {
        ArgumentNullException.ThrowIfNull(photo);
        return Cut(photo, masks, Find(photo.Width, photo.Height, masks, close), resolution);
    }

    /// <summary>Cuts photo and masks at a place that is known.</summary>
    /// <param name="photo">The upright photo.</param>
    /// <param name="masks">A mask for each object, of the photo's size; each marks something.</param>
    /// <param name="square">The place, within the photo.</param>
    /// <param name="resolution">Side of the result in pixels.</param>
    internal static TrainingCrop Cut(RgbImage photo, IReadOnlyList<MaskImage> masks, PixelRectangle square, int resolution)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resolution, 1);
        List<string> steps = [.. photo.Notes];
        steps.Add(
            square.Width == photo.Width && square.Height == photo.Height
                ? $"used whole ({photo.Width} x {photo.Height})"
                : $"cropped {square.Width} x {square.Height} at ({square.X}, {square.Y}) of {photo.Width} x {photo.Height}"
        );
        if (square.Width != resolution)
        {
            steps.Add($"resized to {resolution} x {resolution}");
        }

        List<string> warnings = [.. masks.SelectMany(m => m.Warnings)];
        if (square.Width * 2 <= resolution)
        {
            warnings.Add($"The crop is only {square.Width} pixels wide and was enlarged to {resolution}: a larger photo shows more of the object.");
        }

        List<MaskImage> cut = [];
        foreach (var mask in masks)
        {
            var part = mask.Crop(square);
            var lost = 1 - (part.Values.Sum(v => (double)v) / mask.Values.Sum(v => (double)v));
            if (lost > CutTolerance)
            {
                warnings.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{lost:0.#%} of an object lies outside the square crop: it is wider than the photo's short side."
                    )
                );
            }

            cut.Add(part.Resize(resolution, resolution));
        }

        return new TrainingCrop(square, photo.Crop(square).Resize(resolution, resolution), cut, string.Join(", ", steps), warnings);
    }

    /// <summary>The square alone.</summary>
    /// <param name="width">Width of the photo.</param>
    /// <param name="height">Height of the photo.</param>
    /// <param name="masks">Masks of that size, at least one.</param>
    /// <param name="close">Whether a large square stays as it was found.</param>
    internal static PixelRectangle Find(int width, int height, IReadOnlyList<MaskImage> masks, bool close = false)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.Count == 0 || masks.Any(m => m.Width != width || m.Height != height))
        {
            throw new ArgumentException($"A photo of {width} x {height} takes one or more masks of that size.", nameof(masks));
        }

        var box = BoundsOf(masks);
        var shortSide = Math.Min(width, height);
        var side = (int)Math.Ceiling(Math.Max(box.Width, box.Height) * (1 + (2 * Margin)));
        if (side > (close ? 1 : WholeFrom) * shortSide)
        {
            side = shortSide;
        }

        return new PixelRectangle(Place(box.X, box.Right, side, width), Place(box.Y, box.Bottom, side, height), side, side);
    }

    /// <summary>The smallest rectangle that holds all that masks mark.</summary>
    /// <param name="masks">The masks, of one size.</param>
    /// <exception cref="ArgumentException">They mark nothing.</exception>
    internal static PixelRectangle BoundsOf(IReadOnlyList<MaskImage> masks)
    {
        var boxes = masks.Select(m => m.Bounds(Noise)).OfType<PixelRectangle>().ToList();
        if (boxes.Count == 0)
        {
            throw new ArgumentException("The masks mark nothing.", nameof(masks));
        }

        var (left, top) = (boxes.Min(b => b.X), boxes.Min(b => b.Y));
        return new PixelRectangle(left, top, boxes.Max(b => b.Right) - left, boxes.Max(b => b.Bottom) - top);
    }

    // Centred on the object, then pushed back into the picture.
    private static int Place(int from, int to, int side, int size) => Math.Clamp((from + to - side) / 2, 0, size - side);
}
