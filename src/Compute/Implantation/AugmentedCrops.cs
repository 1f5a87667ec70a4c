using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// Parts of a crop that steps see in its place. They are few and fixed, so that a run encodes each once: a VAE's encoder takes about as long as a step.
/// </summary>
internal static class AugmentedCrops
{
    /// <summary>How many there are; the first is the whole crop.</summary>
    public const int Count = 8;

    /// <summary>The smallest, as a part of the whole crop's side.</summary>
    public const double Smallest = 0.8;

    /// <summary>Finds them.</summary>
    /// <param name="whole">The whole crop, a square of the photo.</param>
    /// <param name="marked">What the masks mark of the photo: every part holds as much of it as the whole crop does.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="subject">Whose crop: of the numbers that are drawn.</param>
    /// <returns>Squares within the crop, whose sides are drawn evenly from <see cref="Smallest"/> to 1 of its side, and larger where the object is.</returns>
    public static IReadOnlyList<PixelRectangle> Find(PixelRectangle whole, PixelRectangle marked, long seed, string subject)
    {
        var (left, top) = (Math.Max(whole.X, marked.X), Math.Max(whole.Y, marked.Y));
        var (right, bottom) = (Math.Min(whole.Right, marked.Right), Math.Min(whole.Bottom, marked.Bottom));
        var crops = new List<PixelRectangle>(Count) { whole };
        for (var i = 1; i < Count; i++)
        {
            using var random = new KeyedRandom(seed, i, RandomPurpose.Augmentation, subject);
            var drawn = (int)Math.Round(whole.Width * (Smallest + ((1 - Smallest) * random.Uniform())));
            var side = Math.Max(drawn, Math.Max(right - left, bottom - top));
            crops.Add(new PixelRectangle(Place(whole.X, whole.Right, left, right), Place(whole.Y, whole.Bottom, top, bottom), side, side));

            int Place(int from, int to, int first, int last)
            {
                var (least, most) = (Math.Max(from, last - side), Math.Min(first, to - side));
                return least + random.Integer(most - least + 1);
            }
        }

        return crops;
    }
}
