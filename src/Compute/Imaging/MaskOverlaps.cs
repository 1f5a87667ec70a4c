using System.Globalization;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>Objects that share pixels: allowed, such as a cup on its saucer, but what lies under both masks is learned for both.</summary>
public static class MaskOverlaps
{
    /// <summary>Soft edges that touch share this much without a warning.</summary>
    private const double LeastShare = 0.02;

    /// <summary>Says which objects overlap, and by how much.</summary>
    /// <param name="masks">The objects' masks, of one size.</param>
    /// <param name="names">The objects' names, such as <c>&lt;cup&gt;</c>.</param>
    /// <returns>A sentence for each pair that overlaps, about the one that loses the larger share.</returns>
    /// <exception cref="ArgumentException">The masks differ in size, or there are not as many names.</exception>
    public static IReadOnlyList<string> Warnings(IReadOnlyList<MaskImage> masks, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(names);
        if (masks.Count != names.Count || masks.Any(m => m.Width != masks[0].Width || m.Height != masks[0].Height))
        {
            throw new ArgumentException($"{masks.Count} masks of one size and as many names are needed.", nameof(masks));
        }

        List<string> warnings = [];
        for (var first = 0; first < masks.Count; first++)
        {
            for (var second = first + 1; second < masks.Count; second++)
            {
                var (ofFirst, ofSecond) = (Share(masks[first], masks[second]), Share(masks[second], masks[first]));
                var (share, under, over) = ofFirst >= ofSecond ? (ofFirst, names[first], names[second]) : (ofSecond, names[second], names[first]);
                if (share >= LeastShare)
                {
                    warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} % of {under} lies under {over}'s mask."));
                }
            }
        }

        return warnings;
    }

    /// <summary>The share of a mask that lies under another, 0 to 1.</summary>
    internal static double Share(MaskImage mask, MaskImage other)
    {
        var (all, shared) = (0.0, 0.0);
        for (var i = 0; i < mask.Values.Length; i++)
        {
            all += mask.Values[i];
            shared += Math.Min(mask.Values[i], other.Values[i]);
        }

        return all > 0 ? shared / all : 0;
    }
}
