namespace OrleansOneShot.Compute.Masks.GrabCut;

/// <summary>
/// Distances along the picture: a step costs its length and the change of colour on it, so flat regions are near to themselves and far from what lies behind an
/// edge.
/// </summary>
internal static class GeodesicDistance
{
    /// <summary>Cost of a step over one pixel of unchanged colour, in units of Lab.</summary>
    private const float Length = 0.1f;
    private static readonly (int X, int Y)[] s_neighbours = [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)];

    /// <summary>Distances from the nearest seed.</summary>
    /// <param name="lab">L, a, b of each pixel, row by row.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="seeds">Where the distance is 0.</param>
    /// <returns>Each pixel's distance; infinite when there is no seed.</returns>
    public static float[] From(float[] lab, int width, int height, bool[] seeds)
    {
        var distances = new float[seeds.Length];
        Array.Fill(distances, float.PositiveInfinity);
        var open = new PriorityQueue<int, float>();
        for (var i = 0; i < seeds.Length; i++)
        {
            if (seeds[i])
            {
                distances[i] = 0;
                open.Enqueue(i, 0);
            }
        }

        while (open.TryDequeue(out var at, out var distance))
        {
            if (distance > distances[at])
            {
                continue;
            }

            foreach (var (dx, dy) in s_neighbours)
            {
                var (x, y) = ((at % width) + dx, (at / width) + dy);
                if (x < 0 || y < 0 || x >= width || y >= height)
                {
                    continue;
                }

                var next = (y * width) + x;
                var length = dx != 0 && dy != 0 ? 1.41421356f : 1f;
                var reached = distance + (Length * length) + (Difference(lab, at, next) / length);
                if (reached < distances[next])
                {
                    distances[next] = reached;
                    open.Enqueue(next, reached);
                }
            }
        }

        return distances;
    }

    /// <summary>How far two pixels' colours are apart (CIE 1976).</summary>
    public static float Difference(float[] lab, int first, int second)
    {
        var (l, a, b) = (lab[first * 3] - lab[second * 3], lab[(first * 3) + 1] - lab[(second * 3) + 1], lab[(first * 3) + 2] - lab[(second * 3) + 2]);
        return MathF.Sqrt((l * l) + (a * a) + (b * b));
    }
}
