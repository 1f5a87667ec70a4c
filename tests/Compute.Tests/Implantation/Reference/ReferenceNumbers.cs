using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation.Reference;

/// <summary>
/// The random numbers of a run, written down a second time: torch's CPU generator, seeded with the first eight bytes of SHA-256 over a version byte of 1, the
/// seed, the step, the purpose (all little-endian) and the subject. Were they drawn otherwise, checkpoints of earlier versions would go on with other numbers.
/// </summary>
internal static class ReferenceNumbers
{
    public const int VaePosterior = 1;
    public const int Noise = 2;
    public const int Timestep = 3;
    public const int ClassLoss = 4;
    public const int Subset = 5;
    public const int LoraInit = 6;
    public const int TokenInit = 7;
    public const int SampleLatents = 8;

    /// <summary>A generator by its key.</summary>
    public static Generator Of(long seed, long step, int purpose, string subject = "")
    {
        byte[] key = [1, .. BitConverter.GetBytes(seed), .. BitConverter.GetBytes(step), .. BitConverter.GetBytes(purpose), .. Encoding.UTF8.GetBytes(subject)];
        return new Generator(BitConverter.ToUInt64(SHA256.HashData(key)));
    }

    /// <summary>Unit normal numbers.</summary>
    public static float[] Normal(Generator generator, params long[] shape)
    {
        using var drawn = randn(shape, ScalarType.Float32, CPU, generator: generator);
        return drawn.data<float>().ToArray();
    }

    /// <summary>A number from U(0, 1).</summary>
    public static double Uniform(Generator generator)
    {
        using var drawn = rand([1], ScalarType.Float64, CPU, generator: generator);
        return drawn.item<double>();
    }

    /// <summary>k of r objects: the first k places of Fisher and Yates' shuffle, in order.</summary>
    public static int[] Choose(Generator generator, int r, int k)
    {
        var items = Enumerable.Range(0, r).ToArray();
        for (var i = 0; i < k; i++)
        {
            var other = i + (int)(Uniform(generator) * (r - i));
            (items[i], items[other]) = (items[other], items[i]);
        }

        return [.. items.Take(k).Order()];
    }

    /// <summary>What is drawn in a step beside latents and noise: t of 0 to 999, S of three objects, and p of eq. 3.</summary>
    public static (int Timestep, int[] Subset, double P) Draw(long seed, int step, int k) =>
        ((int)(Uniform(Of(seed, step, Timestep)) * 1000), Choose(Of(seed, step, Subset), 3, k), Uniform(Of(seed, step, ClassLoss)));
}
