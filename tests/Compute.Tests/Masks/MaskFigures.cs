using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;

namespace OrleansOneShot.Compute.Tests.Masks;

/// <summary>Samples with known masks, and how masks agree.</summary>
internal static class MaskFigures
{
    public static (RgbImage Photo, MaskImage Mask) Sample(string name)
    {
        var photo = ImageReader.Read(Repository.Sample($"{name}.png"));
        return (photo, MaskReader.Read(Repository.Sample($"{name}-mask.png"), photo.Width, photo.Height));
    }

    /// <summary>The mask's bounding box, four pixels larger on each side where the picture allows it.</summary>
    public static PixelRectangle Box(MaskImage mask)
    {
        var inside = Enumerable.Range(0, mask.Values.Length).Where(i => mask.Values[i] >= 0.5f).ToList();
        var (left, top) = (Math.Max(0, inside.Min(i => i % mask.Width) - 4), Math.Max(0, (inside[0] / mask.Width) - 4));
        var (right, bottom) = (Math.Min(mask.Width, inside.Max(i => i % mask.Width) + 5), Math.Min(mask.Height, (inside[^1] / mask.Width) + 5));
        return new PixelRectangle(left, top, right - left, bottom - top);
    }

    public static double Iou(MaskImage first, MaskImage second)
    {
        var pairs = first.Values.Zip(second.Values, (a, b) => (A: a >= 0.5f, B: b >= 0.5f)).ToList();
        return (double)pairs.Count(p => p.A && p.B) / pairs.Count(p => p.A || p.B);
    }

    /// <summary>A disc.</summary>
    public static bool InDisc(int x, int y, double centreX, double centreY, double radius) =>
        ((x - centreX) * (x - centreX)) + ((y - centreY) * (y - centreY)) < radius * radius;

    public static MaskImage Of(int width, int height, Func<int, int, bool> inside) =>
        new(width, height, [.. Enumerable.Range(0, width * height).Select(i => inside(i % width, i / width) ? 1f : 0f)]);

    public static BinaryMask Binary(int width, int height, Func<int, int, bool> inside) =>
        new(width, height, [.. Enumerable.Range(0, width * height).Select(i => inside(i % width, i / width))]);
}
