using SkiaSharp;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>An opaque Skia canvas that starts white and ends as an <see cref="RgbImage"/>.</summary>
internal sealed class PictureCanvas : IDisposable
{
    private readonly SKBitmap _bitmap;

    /// <summary>A white canvas.</summary>
    public PictureCanvas(int width, int height)
    {
        _bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Canvas = new SKCanvas(_bitmap);
        Canvas.Clear(SKColors.White);
    }

    /// <summary>What is drawn on.</summary>
    public SKCanvas Canvas { get; }

    /// <summary>Draws a picture pixel for pixel.</summary>
    public unsafe void Draw(RgbImage image, float x, float y)
    {
        var rgba = new byte[image.Width * image.Height * 4];
        for (int i = 0, o = 0; i < image.Pixels.Length; i += 3, o += 4)
        {
            (rgba[o], rgba[o + 1], rgba[o + 2], rgba[o + 3]) = (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2], 255);
        }

        fixed (byte* pixels = rgba)
        {
            using var copy = SKImage.FromPixelCopy(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), (nint)pixels);
            Canvas.DrawImage(copy, x, y);
        }
    }

    /// <summary>What has been drawn.</summary>
    public RgbImage ToImage()
    {
        Canvas.Flush();
        var rgba = _bitmap.GetPixelSpan();
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int i = 0, o = 0; i < rgb.Length; i += 3, o += 4)
        {
            (rgb[i], rgb[i + 1], rgb[i + 2]) = (rgba[o], rgba[o + 1], rgba[o + 2]);
        }

        return new RgbImage(_bitmap.Width, _bitmap.Height, rgb);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Canvas.Dispose();
        _bitmap.Dispose();
    }
}
