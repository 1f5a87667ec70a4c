using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Masks.GrabCut;

/// <summary>A box in a working picture, and which of its sides lie on the photo's own edge, where an object may be cut off.</summary>
/// <param name="Rectangle">The box in pixels of the working picture.</param>
/// <param name="LeftOpen">Whether the left side is not the photo's edge.</param>
/// <param name="TopOpen">Whether the top is not the photo's edge.</param>
/// <param name="RightOpen">Whether the right side is not the photo's edge.</param>
/// <param name="BottomOpen">Whether the bottom is not the photo's edge.</param>
internal sealed record BoxEdges(PixelRectangle Rectangle, bool LeftOpen, bool TopOpen, bool RightOpen, bool BottomOpen)
{
    /// <summary>Whether a pixel lies in the box.</summary>
    public bool Contains(int x, int y) => x >= Rectangle.X && y >= Rectangle.Y && x < Rectangle.Right && y < Rectangle.Bottom;

    /// <summary>How deep a pixel lies in the box: 0 at a side, 0.5 in the middle.</summary>
    /// <param name="x">Its column.</param>
    /// <param name="y">Its row.</param>
    /// <param name="openOnly">Whether sides on the photo's edge don't count.</param>
    public double Depth(int x, int y, bool openOnly)
    {
        var (u, v) = ((x + 0.5 - Rectangle.X) / Rectangle.Width, (y + 0.5 - Rectangle.Y) / Rectangle.Height);
        return Math.Min(
            Math.Min(LeftOpen || !openOnly ? u : 1, RightOpen || !openOnly ? 1 - u : 1),
            Math.Min(TopOpen || !openOnly ? v : 1, BottomOpen || !openOnly ? 1 - v : 1)
        );
    }

    /// <summary>Whether a pixel lies in the ellipse of half the box's size in its middle.</summary>
    public bool IsCore(int x, int y)
    {
        var (u, v) = ((2 * (x + 0.5 - Rectangle.X) / Rectangle.Width) - 1, (2 * (y + 0.5 - Rectangle.Y) / Rectangle.Height) - 1);
        return (u * u) + (v * v) < 0.25;
    }

    /// <summary>The share of the box's area that the mask's own bounding box takes.</summary>
    public double Filled(BinaryMask mask)
    {
        var (left, top, right, bottom) = (mask.Width, mask.Height, -1, -1);
        for (var i = 0; i < mask.Values.Length; i++)
        {
            if (mask.Values[i])
            {
                var (x, y) = (i % mask.Width, i / mask.Width);
                (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x), Math.Max(bottom, y));
            }
        }

        return right < 0 ? 0 : (double)(right - left + 1) * (bottom - top + 1) / ((double)Rectangle.Width * Rectangle.Height);
    }

    /// <summary>
    /// The share of the open sides at which the mask ends though the picture goes on unchanged beyond: there it was the box that cut, not the object's edge, so
    /// background leaked in.
    /// </summary>
    /// <param name="mask">The mask.</param>
    /// <param name="lab">Colours of the working picture.</param>
    /// <returns>0 to 1.</returns>
    public double Leaks(BinaryMask mask, float[] lab)
    {
        // Less than a tenth of the way from black to white, across a line of a fiftieth of the box, is no edge.
        const float Unchanged = 10;
        var (all, leaks) = (0, 0);
        var reach = Math.Max(2, (int)Math.Round(0.01 * Math.Max(Rectangle.Width, Rectangle.Height)));
        void Look(int x, int y, int outwardX, int outwardY)
        {
            all++;
            var at = (y * mask.Width) + x;
            var (innerX, innerY) = (Clamp(x - (reach * outwardX), mask.Width), Clamp(y - (reach * outwardY), mask.Height));
            var (outerX, outerY) = (Clamp(x + (reach * outwardX), mask.Width), Clamp(y + (reach * outwardY), mask.Height));
            if (mask.Values[at] && GeodesicDistance.Difference(lab, (innerY * mask.Width) + innerX, (outerY * mask.Width) + outerX) < Unchanged)
            {
                leaks++;
            }
        }

        for (var x = Rectangle.X; x < Rectangle.Right; x++)
        {
            if (TopOpen)
            {
                Look(x, Rectangle.Y, 0, -1);
            }

            if (BottomOpen)
            {
                Look(x, Rectangle.Bottom - 1, 0, 1);
            }
        }

        for (var y = Rectangle.Y; y < Rectangle.Bottom; y++)
        {
            if (LeftOpen)
            {
                Look(Rectangle.X, y, -1, 0);
            }

            if (RightOpen)
            {
                Look(Rectangle.Right - 1, y, 1, 0);
            }
        }

        return all == 0 ? 0 : (double)leaks / all;
    }

    private static int Clamp(int value, int size) => Math.Clamp(value, 0, size - 1);
}
