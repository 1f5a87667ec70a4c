namespace OrleansOneShot.Compute.Tests.Implantation.Reference;

/// <summary>AdamW of one array, as Loshchilov and Hutter write it (betas 0.9 and 0.999, eps 1e-8), in doubles.</summary>
internal sealed class ReferenceAdam(int count)
{
    private readonly double[] _mean = new double[count];
    private readonly double[] _square = new double[count];
    private int _step;

    /// <summary>Takes a step.</summary>
    public float[] Step(float[] values, float[] gradient, double rate, double decay)
    {
        _step++;
        var result = new float[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            _mean[i] = (0.9 * _mean[i]) + (0.1 * gradient[i]);
            _square[i] = (0.999 * _square[i]) + (0.001 * gradient[i] * gradient[i]);
            var (mean, square) = (_mean[i] / (1 - Math.Pow(0.9, _step)), _square[i] / (1 - Math.Pow(0.999, _step)));
            result[i] = (float)((values[i] * (1 - (rate * decay))) - (rate * mean / (Math.Sqrt(square) + 1e-8)));
        }

        return result;
    }
}
