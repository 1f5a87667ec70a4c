using System.Runtime.InteropServices;
using OpenCvSharp;
using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Masks.GrabCut;

/// <summary>The part of a photo that matters, at a size that bounds time and memory whatever the photo's size.</summary>
internal sealed class WorkingPicture : IDisposable
{
    private const double BlurSigma = 1;
    private readonly Mat _bgr = new();
    private readonly Mat _lab = new();

    /// <summary>Cuts and shrinks.</summary>
    /// <param name="photo">The photo.</param>
    /// <param name="region">The part.</param>
    /// <param name="longSide">At most this many pixels along the longer side.</param>
    public WorkingPicture(RgbImage photo, PixelRectangle region, int longSide)
    {
        Region = region;
        var scale = Math.Min(1, (double)longSide / Math.Max(region.Width, region.Height));
        (Width, Height) = (Math.Max(1, (int)Math.Round(region.Width * scale)), Math.Max(1, (int)Math.Round(region.Height * scale)));
        var small = photo.Crop(region).Resize(Width, Height);
        using var rgb = Mat.FromPixelData(Height, Width, MatType.CV_8UC3, small.Pixels);
        Cv2.CvtColor(rgb, _bgr, ColorConversionCodes.RGB2BGR);
        Cv2.CvtColor(rgb, _lab, ColorConversionCodes.RGB2Lab);
        using var floats = new Mat();
        rgb.ConvertTo(floats, MatType.CV_32FC3, 1 / 255.0);
        Cv2.CvtColor(floats, floats, ColorConversionCodes.RGB2Lab);
        Cv2.GaussianBlur(floats, floats, default, BlurSigma);
        Colours = new float[Width * Height * 3];
        Marshal.Copy(floats.Data, Colours, 0, Colours.Length);
    }

    /// <summary>The part of the photo.</summary>
    public PixelRectangle Region { get; }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>L (0 to 100), a and b of each pixel, a little blurred against noise.</summary>
    public float[] Colours { get; }

    /// <summary>A pixel of the photo here.</summary>
    public PixelPoint Map(PixelPoint point) =>
        new(
            Math.Clamp((int)((point.X + 0.5 - Region.X) * Width / Region.Width), 0, Width - 1),
            Math.Clamp((int)((point.Y + 0.5 - Region.Y) * Height / Region.Height), 0, Height - 1)
        );

    /// <summary>A box of the photo here.</summary>
    public BoxEdges Map(PixelRectangle box, RgbImage photo)
    {
        var (left, top) = (Scale(box.X - Region.X, Width, Region.Width), Scale(box.Y - Region.Y, Height, Region.Height));
        var (right, bottom) = (
            Math.Max(left + 1, Scale(box.Right - Region.X, Width, Region.Width)),
            Math.Max(top + 1, Scale(box.Bottom - Region.Y, Height, Region.Height))
        );
        left = Math.Min(left, Width - 1);
        top = Math.Min(top, Height - 1);
        var inside = new PixelRectangle(left, top, Math.Min(right, Width) - left, Math.Min(bottom, Height) - top);
        return new BoxEdges(inside, box.X > 0, box.Y > 0, box.Right < photo.Width, box.Bottom < photo.Height);
    }

    /// <summary>How far apart the colours of a part are, in units of Lab along the axis on which they differ most.</summary>
    /// <param name="part">The part; lies inside the picture.</param>
    public float Contrast(PixelRectangle part)
    {
        Span<float> low = [float.MaxValue, float.MaxValue, float.MaxValue];
        Span<float> high = [float.MinValue, float.MinValue, float.MinValue];
        for (var y = part.Y; y < part.Bottom; y++)
        {
            var row = Colours.AsSpan(((y * Width) + part.X) * 3, part.Width * 3);
            for (var i = 0; i < row.Length; i++)
            {
                (low[i % 3], high[i % 3]) = (Math.Min(low[i % 3], row[i]), Math.Max(high[i % 3], row[i]));
            }
        }

        return Math.Max(high[0] - low[0], Math.Max(high[1] - low[1], high[2] - low[2]));
    }

    /// <summary>OpenCV's GrabCut (Rother, Kolmogorov and Blake 2004).</summary>
    /// <param name="start">What is known or guessed of each pixel.</param>
    /// <param name="inLab">Whether colours are compared in Lab instead of RGB.</param>
    /// <param name="iterations">How often colour models and cut are renewed.</param>
    /// <returns>The object; that of <paramref name="start"/> when it leaves nothing to tell apart.</returns>
    public BinaryMask Cut(GrabCutClasses[] start, bool inLab, int iterations)
    {
        var labels = Array.ConvertAll(start, label => (byte)label);
        if (Array.Exists(labels, IsObject) && !Array.TrueForAll(labels, IsObject))
        {
            using var mask = Mat.FromPixelData(Height, Width, MatType.CV_8UC1, labels);
            using var background = new Mat();
            using var foreground = new Mat();

            // k-means inside takes its first centres from this thread's generator.
            Cv2.SetTheRNG(1);
            Cv2.GrabCut(inLab ? _lab : _bgr, mask, default, background, foreground, iterations, GrabCutModes.InitWithMask);
        }

        return new BinaryMask(Width, Height, Array.ConvertAll(labels, IsObject));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _bgr.Dispose();
        _lab.Dispose();
    }

    // FGD is 1 and PR_FGD 3.
    private static bool IsObject(byte label) => (label & 1) != 0;

    private static int Scale(int position, int size, int oldSize) => (int)Math.Round((double)position * size / oldSize);
}
