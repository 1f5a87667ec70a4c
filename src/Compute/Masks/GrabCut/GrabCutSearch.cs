using OpenCvSharp;
using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Masks.GrabCut;

/// <summary>Finds an object in a working picture: one cut from the obvious start, and others where that one shows signs of failure.</summary>
internal sealed class GrabCutSearch
{
    // The part of Otsu's threshold from which a pixel counts as far from all that lies outside the box.
    private const float Far = 0.4f;

    // Depth within the box that a doubtful start leaves to the background.
    private const double Band = 0.1;

    // Depth within the box that counts as touching its sides.
    private const double Touch = 0.01;

    // Without surroundings, this deep a frame of the picture is the first guess of the background.
    private const double Frame = 0.04;
    private const double SeedRadius = 0.012;

    private readonly WorkingPicture _picture;
    private readonly BoxEdges? _box;
    private readonly List<PixelPoint> _points;
    private readonly bool[] _seeds;

    /// <summary>Prepares the search.</summary>
    /// <param name="picture">The picture to search.</param>
    /// <param name="photo">The whole photo.</param>
    /// <param name="prompt">Where the object is, in the photo.</param>
    public GrabCutSearch(WorkingPicture picture, RgbImage photo, MaskPrompt prompt)
    {
        _picture = picture;
        _box = prompt.Box is { } box ? picture.Map(box, photo) : null;
        _points = [.. prompt.Points.Select(picture.Map)];
        _seeds = Discs(Math.Max(1.5, SeedRadius * Math.Max(picture.Width, picture.Height)));
    }

    /// <summary>Searches.</summary>
    /// <param name="iterations">GrabCut's iterations.</param>
    /// <param name="leastLeak">Share of the box's sides from which leaks count.</param>
    /// <param name="leastFilled">Part of the best extent that a mask needs to be chosen.</param>
    /// <param name="cancellationToken">Stops between cuts.</param>
    /// <returns>The object; empty when none was found.</returns>
    public BinaryMask Run(int iterations, double leastLeak, double leastFilled, CancellationToken cancellationToken)
    {
        if (_box is not { } box)
        {
            return Cut(FromPoints(), false, iterations);
        }

        var plain = Cut(IsWhole(box) ? FromDistance() : FromBox(0), false, iterations);
        if (box.Leaks(plain, _picture.Colours) < leastLeak)
        {
            return plain;
        }

        List<BinaryMask> masks = [];
        foreach (var (start, inLab) in new[] { (FromBox(0), false), (FromBox(0), true), (FromDistance(), false), (FromBox(Band), false) })
        {
            cancellationToken.ThrowIfCancellationRequested();
            masks.Add(Repair(Cut(start, inLab, iterations), inLab, iterations));
        }

        // Leaks make masks too large, and nothing but losing a part of the object makes one smaller than the box that was drawn around it.
        var extent = masks.Append(plain).Max(box.Filled);
        return masks.Where(mask => box.Filled(mask) >= leastFilled * extent).OrderBy(mask => mask.Count).FirstOrDefault(plain);
    }

    private BinaryMask Cut(GrabCutClasses[] start, bool inLab, int iterations) =>
        MaskCleaner.Clean(_picture.Cut(start, inLab, iterations), _points, _box is null);

    // Where a leak was noticed, all that touches the box is suspect. What lies nearer to it than to the middle of the box is background to start with, and what
    // touches it is for sure.
    private BinaryMask Repair(BinaryMask mask, bool inLab, int iterations)
    {
        var leaks = Map((x, y, i) => mask.Values[i] && !_seeds[i] && _box!.Contains(x, y) && _box.Depth(x, y, openOnly: true) < Touch);
        var core = Map((x, y, i) => mask.Values[i] && (_seeds[i] || _box!.IsCore(x, y)));
        if (!Array.Exists(leaks, v => v) || !Array.Exists(core, v => v))
        {
            return mask;
        }

        var fromLeaks = GeodesicDistance.From(_picture.Colours, _picture.Width, _picture.Height, leaks);
        var fromCore = GeodesicDistance.From(_picture.Colours, _picture.Width, _picture.Height, core);
        var start = Map(
            (x, y, i) =>
                leaks[i] || !_box!.Contains(x, y) ? GrabCutClasses.BGD
                : mask.Values[i] && fromCore[i] <= fromLeaks[i] ? GrabCutClasses.PR_FGD
                : GrabCutClasses.PR_BGD
        );
        return Cut(WithSeeds(start), inLab, iterations);
    }

    private GrabCutClasses[] FromBox(double band) =>
        WithSeeds(
            Map(
                (x, y, _) =>
                    !_box!.Contains(x, y) ? GrabCutClasses.BGD
                    : _box.Depth(x, y, openOnly: false) < band ? GrabCutClasses.PR_BGD
                    : GrabCutClasses.PR_FGD
            )
        );

    // Geodesic saliency (Wei et al. 2012): the object is what can't be reached from outside the box without crossing an edge. A box of the whole picture has no
    // outside; its frame stands for that, as a guess.
    private GrabCutClasses[] FromDistance()
    {
        var whole = IsWhole(_box!);
        var outside = Map((x, y, i) => whole ? IsFrame(x, y) && !_seeds[i] : !_box!.Contains(x, y));
        var distances = GeodesicDistance.From(_picture.Colours, _picture.Width, _picture.Height, outside);
        if (!Array.TrueForAll(distances, float.IsFinite))
        {
            return FromBox(Band);
        }

        var far = Far * OtsuThreshold.Of([.. distances.Where((_, i) => !outside[i])]);
        return WithSeeds(
            Map(
                (_, _, i) =>
                    outside[i] && !whole ? GrabCutClasses.BGD
                    : outside[i] || distances[i] < far ? GrabCutClasses.PR_BGD
                    : GrabCutClasses.PR_FGD
            )
        );
    }

    private bool IsWhole(BoxEdges box) => box.Rectangle.Width == _picture.Width && box.Rectangle.Height == _picture.Height;

    // The object is what is nearer to the points than to the photo's border, by the picture's own distances.
    private GrabCutClasses[] FromPoints()
    {
        var fromPoints = GeodesicDistance.From(_picture.Colours, _picture.Width, _picture.Height, _seeds);
        var fromBorder = GeodesicDistance.From(_picture.Colours, _picture.Width, _picture.Height, Map((x, y, i) => IsFrame(x, y) && !_seeds[i]));
        return WithSeeds(Map((_, _, i) => fromPoints[i] < fromBorder[i] ? GrabCutClasses.PR_FGD : GrabCutClasses.PR_BGD));
    }

    private GrabCutClasses[] WithSeeds(GrabCutClasses[] start)
    {
        for (var i = 0; i < start.Length; i++)
        {
            if (_seeds[i])
            {
                start[i] = GrabCutClasses.FGD;
            }
        }

        return start;
    }

    private bool[] Discs(double radius)
    {
        var seeds = new bool[_picture.Width * _picture.Height];
        var reach = (int)radius;
        foreach (var point in _points)
        {
            for (var y = Math.Max(0, point.Y - reach); y <= Math.Min(_picture.Height - 1, point.Y + reach); y++)
            {
                for (var x = Math.Max(0, point.X - reach); x <= Math.Min(_picture.Width - 1, point.X + reach); x++)
                {
                    var (dx, dy) = (x - point.X, y - point.Y);
                    seeds[(y * _picture.Width) + x] |= (dx * dx) + (dy * dy) <= radius * radius;
                }
            }
        }

        return seeds;
    }

    private bool IsFrame(int x, int y)
    {
        var depth = Math.Max(1, Frame * Math.Max(_picture.Width, _picture.Height));
        return Math.Min(Math.Min(x, _picture.Width - 1 - x), Math.Min(y, _picture.Height - 1 - y)) < depth;
    }

    private T[] Map<T>(Func<int, int, int, T> value)
    {
        var result = new T[_picture.Width * _picture.Height];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = value(i % _picture.Width, i / _picture.Width, i);
        }

        return result;
    }
}
