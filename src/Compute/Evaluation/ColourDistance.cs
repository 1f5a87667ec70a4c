namespace OrleansOneShot.Compute.Evaluation;

/// <summary>
/// <c>colour_distance</c>: how far the colours of an object are from those of a picture that should show it, wherever in it and at whatever size. Nothing says
/// where in a drawn picture the object is, so windows of four sizes are laid over all of it; in each, the object's colours are brought into the window's, of
/// which they may take up half (partial earth mover's distance in L*a*b*), and the window that takes the least counts. Mean Delta E: 0 where some window holds
/// the object's colours in their shares, 10 and more where they are plainly others. It does not see how colours are arranged: <see cref="PatchDistance"/>
/// does.
/// </summary>
internal sealed class ColourDistance
{
    private const int ObjectColours = 24;
    private const int PictureColours = 48;
    private const int Mass = 1 << 12;

    // The object fills at least this part of its window; the rest of it is background.
    private const double LeastShare = 0.5;

    // Windows by their part of the short side, each moved on by a fifth of that side. The smallest holds objects of an eighth of a square picture.
    private static readonly double[] s_windows = [0.5, 0.7, 0.85, 1];
    private const double Step = 0.2;

    private readonly ColourPalette _colours;
    private readonly int[] _masses;

    /// <summary>Takes the object's colours.</summary>
    /// <param name="picture">A picture of it.</param>
    /// <param name="mask">What of each pixel is object, 0 to 1; not nothing.</param>
    public ColourDistance(LabPicture picture, float[] mask)
    {
        // A pixel that is partly background has a colour of neither.
        var most = mask.Max();
        var inside = Array.ConvertAll(mask, value => value >= 0.9f * most ? value : 0);
        _colours = ColourPalette.Create(picture, inside, ObjectColours);
        var weights = new double[_colours.Count];
        for (var p = 0; p < inside.Length; p++)
        {
            if (_colours.Nearest[p] is >= 0 and var at)
            {
                weights[at] += inside[p];
            }
        }

        var sum = weights.Sum();
        _masses = Array.ConvertAll(weights, weight => (int)Math.Round(weight / sum * Mass));
    }

    /// <summary>The distance to a picture.</summary>
    /// <param name="picture">The picture.</param>
    /// <returns>Mean Delta E, 0 or more.</returns>
    public double Of(LabPicture picture)
    {
        var palette = ColourPalette.Create(picture, null, PictureColours);
        var distances = _colours.DistancesTo(palette);
        return Windows(picture.Width, picture.Height).Min(window => InWindow(palette, distances, picture.Width, window));
    }

    private double InWindow(ColourPalette palette, float[] distances, int width, (int X, int Y, int Side) window)
    {
        var pixels = new int[palette.Count];
        for (var y = window.Y; y < window.Y + window.Side; y++)
        {
            for (var x = window.X; x < window.X + window.Side; x++)
            {
                pixels[palette.Nearest[(y * width) + x]]++;
            }
        }

        int[] here = [.. Enumerable.Range(0, pixels.Length).Where(j => pixels[j] > 0)];
        var all = (double)window.Side * window.Side * LeastShare;

        // Rounded up, and the masses may be rounded up too: there is always room.
        var rooms = Array.ConvertAll(here, j => (int)Math.Ceiling(pixels[j] / all * Mass) + 1);
        var between = new float[_masses.Length * here.Length];
        for (var i = 0; i < _masses.Length; i++)
        {
            for (var j = 0; j < here.Length; j++)
            {
                between[(i * here.Length) + j] = distances[(i * palette.Count) + here[j]];
            }
        }

        return PartialTransport.MeanDistance(_masses, rooms, between);
    }

    private static IEnumerable<(int X, int Y, int Side)> Windows(int width, int height)
    {
        var shortSide = Math.Min(width, height);
        var step = Math.Max(1, (int)(Step * shortSide));
        foreach (var side in s_windows.Select(part => Math.Max(1, (int)Math.Round(part * shortSide))).Distinct())
        {
            foreach (var y in Starts(height - side, step))
            {
                foreach (var x in Starts(width - side, step))
                {
                    yield return (x, y, side);
                }
            }
        }
    }

    // From one border to the other, both included.
    private static IEnumerable<int> Starts(int last, int step)
    {
        for (var at = 0; at < last; at += step)
        {
            yield return at;
        }

        yield return last;
    }
}
