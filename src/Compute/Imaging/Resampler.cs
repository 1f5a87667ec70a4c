namespace OrleansOneShot.Compute.Imaging;

/// <summary>
/// Separable, antialiased resampling with Pillow's semantics: columns first, then rows, 22-bit fixed-point weights, and a rounding to 8 bits between the
/// passes. That rounding is what CLIP's published numbers were made with. Only the wanted window of the new picture is computed: a strip of 16384 x 1 costs no
/// more than a square.
/// </summary>
internal static class Resampler
{
    private const int Bits = 32 - 8 - 2;
    private const int Channels = 3;

    /// <summary>A window of the resized picture.</summary>
    /// <param name="image">The old picture.</param>
    /// <param name="width">Width of the whole new picture.</param>
    /// <param name="height">Height of the whole new picture.</param>
    /// <param name="window">The part of the new picture that is wanted.</param>
    /// <param name="filter">The filter.</param>
    /// <returns>RGB bytes of the window.</returns>
    public static byte[] Resize(RgbImage image, int width, int height, PixelRectangle window, ResampleFilter filter)
    {
        window.ThrowIfOutside(width, height);
        var columns = ResampleKernel.Create(image.Width, width, window.X, window.Width, filter);
        var rows = ResampleKernel.Create(image.Height, height, window.Y, window.Height, filter);
        var first = rows.First;
        var between = Columns(image, columns, first, rows.End - first);
        var weights = rows.ToFixedPoint(Bits);
        var result = new byte[window.Width * window.Height * Channels];
        var stride = window.Width * Channels;
        var sums = new int[stride];
        for (var y = 0; y < window.Height; y++)
        {
            Array.Fill(sums, 1 << (Bits - 1));
            for (var k = 0; k < weights[y].Length; k++)
            {
                var weight = weights[y][k];
                var source = between.AsSpan((rows.Start(y) - first + k) * stride, stride);
                for (var i = 0; i < source.Length; i++)
                {
                    sums[i] += source[i] * weight;
                }
            }

            var target = result.AsSpan(y * stride, stride);
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = Clip(sums[i]);
            }
        }

        return result;
    }

    /// <summary>Resizes values of one channel without rounding: by area along an axis that shrinks, linearly along one that grows.</summary>
    public static float[] Resize(float[] values, int oldWidth, int oldHeight, int width, int height)
    {
        var columns = ResampleKernel.Create(oldWidth, width, 0, width, FilterFor(oldWidth, width));
        var rows = ResampleKernel.Create(oldHeight, height, 0, height, FilterFor(oldHeight, height));
        var between = new float[width * oldHeight];
        for (var y = 0; y < oldHeight; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var weights = columns.Weights(x);
                var source = values.AsSpan((y * oldWidth) + columns.Start(x), weights.Length);
                var sum = 0.0;
                for (var k = 0; k < weights.Length; k++)
                {
                    sum += weights[k] * source[k];
                }

                between[(y * width) + x] = (float)sum;
            }
        }

        var result = new float[width * height];
        var sums = new double[width];
        for (var y = 0; y < height; y++)
        {
            Array.Clear(sums);
            var weights = rows.Weights(y);
            for (var k = 0; k < weights.Length; k++)
            {
                var source = between.AsSpan((rows.Start(y) + k) * width, width);
                for (var x = 0; x < source.Length; x++)
                {
                    sums[x] += weights[k] * source[x];
                }
            }

            for (var x = 0; x < width; x++)
            {
                result[(y * width) + x] = (float)Math.Clamp(sums[x], 0, 1);
            }
        }

        return result;
    }

    private static ResampleFilter FilterFor(int oldSize, int newSize) => newSize < oldSize ? ResampleFilter.Area : ResampleFilter.Bilinear;

    private static byte[] Columns(RgbImage image, ResampleKernel columns, int firstRow, int rowCount)
    {
        var weights = columns.ToFixedPoint(Bits);
        var result = new byte[columns.Count * rowCount * Channels];
        for (var y = 0; y < rowCount; y++)
        {
            var source = image.Pixels.AsSpan((firstRow + y) * image.Width * Channels, image.Width * Channels);
            var target = result.AsSpan(y * columns.Count * Channels, columns.Count * Channels);
            for (var x = 0; x < columns.Count; x++)
            {
                var (red, green, blue) = (1 << (Bits - 1), 1 << (Bits - 1), 1 << (Bits - 1));
                var w = weights[x];
                var pixels = source.Slice(columns.Start(x) * Channels, w.Length * Channels);
                for (var k = 0; k < w.Length; k++)
                {
                    red += pixels[k * Channels] * w[k];
                    green += pixels[(k * Channels) + 1] * w[k];
                    blue += pixels[(k * Channels) + 2] * w[k];
                }

                target[x * Channels] = Clip(red);
                target[(x * Channels) + 1] = Clip(green);
                target[(x * Channels) + 2] = Clip(blue);
            }
        }

        return result;
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> Bits, 0, 255);
}

/// <summary>How a pixel of a resized picture is made of the old ones.</summary>
internal enum ResampleFilter
{
    /// <summary>Every old pixel by the part of it that the new pixel covers (<c>adaptive_avg_pool2d</c> has whole pixels; this has fractions).</summary>
    Area,

    /// <summary>Pillow's BILINEAR: a triangle, widened when shrinking.</summary>
    Bilinear,

    /// <summary>Pillow's BICUBIC: a = -0.5, widened when shrinking.</summary>
    Bicubic,
}
