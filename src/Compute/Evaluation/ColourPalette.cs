namespace OrleansOneShot.Compute.Evaluation;

/// <summary>The colours of a picture as a signature (Rubner et al. 2000): a few means with the pixels that are nearest to each.</summary>
internal sealed class ColourPalette
{
    // Cells of L*a*b* whose pixels share a mean at first: finer than colours that anybody tells apart across a room.
    private const float Cell = 10;

    private ColourPalette(float[] colours, int[] nearest)
    {
        Colours = colours;
        Nearest = nearest;
    }

    /// <summary>L*, a*, b* of each entry.</summary>
    public float[] Colours { get; }

    /// <summary>Number of entries.</summary>
    public int Count => Colours.Length / 3;

    /// <summary>The entry of each pixel; -1 where its weight is zero.</summary>
    public int[] Nearest { get; }

    /// <summary>Makes the palette of a picture.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="weights">What each pixel counts, 0 or more; null counts all alike.</param>
    /// <param name="most">Most entries: the heaviest cells, the others join the nearest of them.</param>
    public static ColourPalette Create(LabPicture picture, float[]? weights, int most)
    {
        var cells = new Dictionary<(int, int, int), (double Weight, double L, double A, double B)>();
        for (var p = 0; p < picture.Width * picture.Height; p++)
        {
            if ((weights?[p] ?? 1) is > 0 and var weight)
            {
                var (l, a, b) = Pixel(picture, p);
                var key = ((int)MathF.Floor(l / Cell), (int)MathF.Floor(a / Cell), (int)MathF.Floor(b / Cell));
                var sum = cells.GetValueOrDefault(key);
                cells[key] = (sum.Weight + weight, sum.L + (weight * l), sum.A + (weight * a), sum.B + (weight * b));
            }
        }

        // By weight, then by place, so that equal weights give one order.
        float[] colours =
        [
            .. cells
                .OrderByDescending(cell => cell.Value.Weight)
                .ThenBy(cell => cell.Key)
                .Take(most)
                .SelectMany(cell =>
                    new[] { (float)(cell.Value.L / cell.Value.Weight), (float)(cell.Value.A / cell.Value.Weight), (float)(cell.Value.B / cell.Value.Weight) }
                ),
        ];
        var nearest = new int[picture.Width * picture.Height];
        for (var p = 0; p < nearest.Length; p++)
        {
            nearest[p] = (weights?[p] ?? 1) > 0 ? NearestOf(colours, Pixel(picture, p)) : -1;
        }

        return new ColourPalette(colours, nearest);
    }

    /// <summary>Delta E (CIE 1976) of every entry of this palette and every one of another.</summary>
    /// <param name="other">The other palette, of m entries.</param>
    /// <returns>[i * m + j].</returns>
    public float[] DistancesTo(ColourPalette other)
    {
        var distances = new float[Count * other.Count];
        for (var i = 0; i < Count; i++)
        {
            for (var j = 0; j < other.Count; j++)
            {
                distances[(i * other.Count) + j] = MathF.Sqrt(
                    Squared(Colours.AsSpan(i * 3, 3), (other.Colours[j * 3], other.Colours[(j * 3) + 1], other.Colours[(j * 3) + 2]))
                );
            }
        }

        return distances;
    }

    private static int NearestOf(float[] colours, (float, float, float) pixel)
    {
        var (best, at) = (float.PositiveInfinity, -1);
        for (var i = 0; i < colours.Length; i += 3)
        {
            if (Squared(colours.AsSpan(i, 3), pixel) is var squared && squared < best)
            {
                (best, at) = (squared, i / 3);
            }
        }

        return at;
    }

    private static (float L, float A, float B) Pixel(LabPicture picture, int p) =>
        (picture.Values[p * 3], picture.Values[(p * 3) + 1], picture.Values[(p * 3) + 2]);

    private static float Squared(ReadOnlySpan<float> a, (float L, float A, float B) b)
    {
        var (l, x, y) = (a[0] - b.L, a[1] - b.A, a[2] - b.B);
        return (l * l) + (x * x) + (y * y);
    }
}
