namespace OrleansOneShot.Compute.Imaging;

/// <summary>The weights along one axis, for a range of the new pixels (Pillow's <c>precompute_coeffs</c>).</summary>
internal sealed class ResampleKernel
{
    private readonly int[] _starts;
    private readonly double[][] _weights;

    private ResampleKernel(int[] starts, double[][] weights)
    {
        _starts = starts;
        _weights = weights;
    }

    /// <summary>The number of new pixels.</summary>
    public int Count => _starts.Length;

    /// <summary>The first old pixel that any new one uses.</summary>
    public int First => _starts.Min();

    /// <summary>The old pixel after the last one that any new one uses.</summary>
    public int End => Enumerable.Range(0, Count).Max(i => _starts[i] + _weights[i].Length);

    /// <summary>The first old pixel of new pixel <paramref name="index"/>.</summary>
    public int Start(int index) => _starts[index];

    /// <summary>The weights of new pixel <paramref name="index"/>; they sum to 1.</summary>
    public ReadOnlySpan<double> Weights(int index) => _weights[index];

    /// <summary>Computes the weights.</summary>
    /// <param name="oldSize">Old pixels along the axis.</param>
    /// <param name="newSize">New pixels along the axis.</param>
    /// <param name="from">The first new pixel wanted.</param>
    /// <param name="count">How many new pixels are wanted.</param>
    /// <param name="filter">The filter.</param>
    public static ResampleKernel Create(int oldSize, int newSize, int from, int count, ResampleFilter filter)
    {
        var starts = new int[count];
        var weights = new double[count][];
        var scale = (double)oldSize / newSize;
        for (var i = 0; i < count; i++)
        {
            (starts[i], weights[i]) = filter == ResampleFilter.Area ? Covered(from + i, scale, oldSize) : Filtered(from + i, scale, oldSize, filter);
        }

        return new ResampleKernel(starts, weights);
    }

    /// <summary>The fixed-point weights of Pillow's 8-bit path, rounded half away from zero.</summary>
    public int[][] ToFixedPoint(int bits) => Array.ConvertAll(_weights, w => Array.ConvertAll(w, v => (int)((v * (1 << bits)) + (v < 0 ? -0.5 : 0.5))));

    private static (int Start, double[] Weights) Filtered(int index, double scale, int oldSize, ResampleFilter filter)
    {
        var stretch = Math.Max(scale, 1);
        var support = (filter == ResampleFilter.Bicubic ? 2.0 : 1.0) * stretch;
        var centre = (index + 0.5) * scale;
        var start = Math.Max((int)(centre - support + 0.5), 0);
        var end = Math.Min((int)(centre + support + 0.5), oldSize);
        var weights = new double[end - start];
        var inverse = 1.0 / stretch;
        var sum = 0.0;
        for (var x = 0; x < weights.Length; x++)
        {
            var distance = (x + start - centre + 0.5) * inverse;
            weights[x] = filter == ResampleFilter.Bicubic ? Cubic(Math.Abs(distance)) : Math.Max(1 - Math.Abs(distance), 0);
            sum += weights[x];
        }

        for (var x = 0; x < weights.Length; x++)
        {
            weights[x] /= sum;
        }

        return (start, weights);
    }

    private static (int Start, double[] Weights) Covered(int index, double scale, int oldSize)
    {
        var (from, to) = (index * scale, (index + 1) * scale);
        var start = Math.Min((int)from, oldSize - 1);
        var end = Math.Clamp((int)Math.Ceiling(to), start + 1, oldSize);
        var weights = new double[end - start];
        for (var x = 0; x < weights.Length; x++)
        {
            weights[x] = Math.Max(Math.Min(to, start + x + 1) - Math.Max(from, start + x), 0);
        }

        var sum = weights.Sum();
        return (start, Array.ConvertAll(weights, w => w / sum));
    }

    private static double Cubic(double x)
    {
        const double A = -0.5;
        return x switch
        {
            < 1 => ((((A + 2) * x) - (A + 3)) * x * x) + 1,
            < 2 => ((((x - 5) * x) + 8) * x - 4) * A,
            _ => 0,
        };
    }
}
