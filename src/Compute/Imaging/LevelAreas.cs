namespace OrleansOneShot.Compute.Imaging;

/// <summary>How much of a picture each of its values takes, and how much of that lies inside areas of the value rather than along edges.</summary>
internal sealed class LevelAreas
{
    /// <summary>Values that take less than this part of the picture are no areas.</summary>
    private const double LeastShare = 0.0005;
    private const int LeastInner = 4;

    /// <summary>Of an area's pixels this part lies inside; of a soft edge, even an enlarged one, less.</summary>
    private const double LeastInnerPart = 0.6;

    // In pictures with losses the values of one area scatter this far.
    private const int MostScatter = 40;
    private readonly int[] _pixels;
    private readonly int[] _inner;
    private readonly int _tolerance;
    private readonly long _count;

    private LevelAreas(int[] pixels, int[] inner, int tolerance, long count)
    {
        _pixels = pixels;
        _inner = inner;
        _tolerance = tolerance;
        _count = count;
    }

    /// <summary>The part of the picture that lies inside areas, 0 to 1.</summary>
    public double InnerShare => _inner.Sum(n => (long)n) / (double)_count;

    /// <summary>Looks at a picture.</summary>
    /// <param name="levels">Its values, row by row.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="tolerance">How far apart values of one area may be: 0 where nothing was lost in storing them.</param>
    public static LevelAreas Of(ushort[] levels, int width, int height, int tolerance)
    {
        var (pixels, inner) = (new int[ushort.MaxValue + 1], new int[ushort.MaxValue + 1]);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var level = levels[(y * width) + x];
                pixels[level]++;
                if (IsInner(levels, width, height, x, y, tolerance))
                {
                    inner[level]++;
                }
            }
        }

        return new LevelAreas(pixels, inner, tolerance, levels.LongLength);
    }

    /// <summary>The smallest and the largest value, but for a few pixels.</summary>
    public (int Lowest, int Highest) Range => RangeOf(_pixels, _count);

    /// <summary>The smallest and the largest value of a picture, but for a few pixels.</summary>
    /// <param name="levels">Its values, in any order.</param>
    public static (int Lowest, int Highest) RangeOf(ushort[] levels)
    {
        var pixels = new int[ushort.MaxValue + 1];
        foreach (var level in levels)
        {
            pixels[level]++;
        }

        return RangeOf(pixels, levels.LongLength);
    }

    /// <summary>The values that fill areas, from the smallest on.</summary>
    public IReadOnlyList<LevelArea> Areas()
    {
        List<LevelArea> areas = [];
        for (var first = 0; first < _inner.Length; first++)
        {
            if (_inner[first] == 0)
            {
                continue;
            }

            var last = first;
            while (_tolerance > 0 && NextInner(last) is { } next)
            {
                last = next;
            }

            var range = Enumerable.Range(first, last - first + 1);
            var (pixels, inner) = (range.Sum(v => (long)_pixels[v]), range.Sum(v => (long)_inner[v]));
            if (inner >= LeastInner && inner >= LeastShare * _count && inner >= LeastInnerPart * pixels && last - first <= MostScatter)
            {
                areas.Add(new LevelArea(range.MaxBy(v => _inner[v]), pixels / (double)_count));
            }

            first = last;
        }

        return areas;
    }

    /// <summary>The values that take a part of the picture worth naming, from the smallest on.</summary>
    public IEnumerable<LevelArea> Values() =>
        Enumerable
            .Range(0, _pixels.Length)
            .Where(v => _pixels[v] > 0 && _pixels[v] >= LeastShare * _count)
            .Select(v => new LevelArea(v, _pixels[v] / (double)_count));

    private int? NextInner(int level)
    {
        for (var next = level + 1; next <= Math.Min(level + _tolerance, _inner.Length - 1); next++)
        {
            if (_inner[next] > 0)
            {
                return next;
            }
        }

        return null;
    }

    private static (int Lowest, int Highest) RangeOf(int[] pixels, long count) =>
        (Edge(pixels, count, Enumerable.Range(0, pixels.Length)), Edge(pixels, count, Enumerable.Range(0, pixels.Length).Reverse()));

    // Stray pixels, such as the ringing of JPEG, are not what a picture reaches to.
    private static int Edge(int[] pixels, long count, IEnumerable<int> order)
    {
        var stray = Math.Max(1, count / 20_000);
        var seen = 0L;
        foreach (var level in order)
        {
            seen += pixels[level];
            if (seen >= stray)
            {
                return level;
            }
        }

        return 0;
    }

    private static bool IsInner(ushort[] levels, int width, int height, int x, int y, int tolerance)
    {
        var level = levels[(y * width) + x];
        for (var ny = Math.Max(0, y - 1); ny <= Math.Min(height - 1, y + 1); ny++)
        {
            for (var nx = Math.Max(0, x - 1); nx <= Math.Min(width - 1, x + 1); nx++)
            {
                if (Math.Abs(levels[(ny * width) + nx] - level) > tolerance)
                {
                    return false;
                }
            }
        }

        return true;
    }
}

/// <summary>A value of a picture.</summary>
/// <param name="Level">The value.</param>
/// <param name="Share">The part of the picture that it takes, 0 to 1.</param>
internal readonly record struct LevelArea(int Level, double Share);
