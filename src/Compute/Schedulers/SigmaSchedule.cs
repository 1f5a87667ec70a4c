namespace OrleansOneShot.Compute.Schedulers;

/// <summary>Arithmetic on noise levels that DPM-Solver++ and Euler share; in double, as NumPy does it for diffusers.</summary>
internal static class SigmaSchedule
{
    /// <summary>The training sigmas at fractional timesteps, linearly interpolated and held at the ends (<c>np.interp</c>).</summary>
    public static double[] At(double[] trainSigmas, double[] timesteps)
    {
        var result = new double[timesteps.Length];
        for (var i = 0; i < result.Length; i++)
        {
            var t = Math.Clamp(timesteps[i], 0, trainSigmas.Length - 1);
            var low = Math.Min((int)t, Math.Max(trainSigmas.Length - 2, 0));
            var high = Math.Min(low + 1, trainSigmas.Length - 1);
            result[i] = trainSigmas[low] + ((t - low) * (trainSigmas[high] - trainSigmas[low]));
        }

        return result;
    }

    /// <summary>Karras et al. 2022, eq. 5, rho = 7: sigmas from the largest down to the smallest.</summary>
    public static double[] Karras(double largest, double smallest, int count)
    {
        const double Rho = 7;
        var (top, bottom) = (Math.Pow(largest, 1 / Rho), Math.Pow(smallest, 1 / Rho));
        var result = new double[count];
        for (var i = 0; i < count; i++)
        {
            var ramp = count == 1 ? 0 : (double)i / (count - 1);
            result[i] = Math.Pow(top + (ramp * (bottom - top)), Rho);
        }

        return result;
    }

    /// <summary>A geometric series from the largest down to the smallest; of logarithms it is Lu et al.'s even spacing.</summary>
    public static double[] Exponential(double largest, double smallest, int count)
    {
        var (top, bottom) = (Math.Log(largest), Math.Log(smallest));
        var result = new double[count];
        for (var i = 0; i < count; i++)
        {
            result[i] = Math.Exp(top + ((count == 1 ? 0 : (double)i / (count - 1)) * (bottom - top)));
        }

        return result;
    }

    /// <summary>The fractional timestep of a sigma, by interpolation of the logarithms (<c>_sigma_to_t</c>).</summary>
    public static double TimestepOf(double sigma, double[] trainSigmas)
    {
        var log = Math.Log(Math.Max(sigma, 1e-10));
        var last = trainSigmas.Length - 1;
        var low = 0;
        while (low < last - 1 && Math.Log(trainSigmas[low + 1]) <= log)
        {
            low++;
        }
        if (last == 0)
        {
            return 0;
        }
        var (from, to) = (Math.Log(trainSigmas[low]), Math.Log(trainSigmas[low + 1]));
        return low + Math.Clamp((from - log) / (from - to), 0, 1);
    }
}
