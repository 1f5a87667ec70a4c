using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Torch;

/// <summary>
/// Random numbers that depend on a key alone: (seed, step, purpose, object). A resumed, moved or fanned-out run draws the same numbers, whatever was drawn
/// before, and no global generator is touched. The key is hashed into the seed of a CPU generator of its own; draws for a GPU are made here and moved. Not
/// thread-safe.
/// </summary>
public sealed class KeyedRandom : IDisposable
{
    // Part of the hash: another number gives an altogether different stream.
    private const byte Version = 1;

    private readonly Generator _generator;

    /// <summary>Makes the generator of a key.</summary>
    /// <param name="seed">The run's seed, any number.</param>
    /// <param name="step">The training step or the picture's number; 0 where there is none.</param>
    /// <param name="purpose">What the numbers are for.</param>
    /// <param name="subject">The object they are for, such as <c>&lt;dog&gt;</c> or a module's name; empty for the run as a whole.</param>
    /// <exception cref="ArgumentOutOfRangeException">The purpose is none of the defined ones.</exception>
    public KeyedRandom(long seed, long step, RandomPurpose purpose, string subject = "")
    {
        if (purpose == RandomPurpose.None || !Enum.IsDefined(purpose))
        {
            throw new ArgumentOutOfRangeException(nameof(purpose), purpose, "Every draw has a purpose.");
        }
        _generator = new Generator(SeedOf(seed, step, purpose, subject));
    }

    /// <summary>The generator, for torch functions that take one.</summary>
    public Generator Generator => _generator;

    /// <summary>Unit normal numbers.</summary>
    /// <param name="shape">The shape wanted.</param>
    /// <returns>A fp32 tensor on the CPU.</returns>
    public Tensor Normal(params long[] shape) => randn(shape, ScalarType.Float32, CPU, generator: _generator);

    /// <summary>A number from U(0, 1).</summary>
    /// <returns>0 or more, less than 1, with 53 random bits.</returns>
    public double Uniform()
    {
        using var drawn = rand([1], ScalarType.Float64, CPU, generator: _generator);
        return drawn.item<double>();
    }

    /// <summary>A uniform integer.</summary>
    /// <param name="exclusiveMax">The bound, 1 to 2^31.</param>
    /// <returns>0 to <paramref name="exclusiveMax"/> - 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The bound is out of range.</exception>
    public int Integer(long exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusiveMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(exclusiveMax, 1L << 31);

        // From 53 bits: the bias is below 2^-22 even at the largest bound.
        return (int)(Uniform() * exclusiveMax);
    }

    /// <summary>k distinct objects out of r, uniformly over the C(r, k) combinations.</summary>
    /// <param name="r">How many there are, 1 or more.</param>
    /// <param name="k">How many to draw, 0 to <paramref name="r"/>.</param>
    /// <returns>Indices below <paramref name="r"/>, ascending.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public int[] Subset(int r, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(r, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, r);

        // The first k places of Fisher and Yates' shuffle.
        var items = Enumerable.Range(0, r).ToArray();
        for (var i = 0; i < k; i++)
        {
            var other = i + Integer(r - i);
            (items[i], items[other]) = (items[other], items[i]);
        }

        Array.Sort(items, 0, k);
        return items[..k];
    }

    /// <summary>Frees the generator.</summary>
    public void Dispose() => _generator.Dispose();

    /// <summary>
    /// The first eight bytes, little-endian, of SHA-256 over version, seed, step, purpose and object. (torch's Mersenne Twister uses the lower 32 bits.)
    /// </summary>
    internal static ulong SeedOf(long seed, long step, RandomPurpose purpose, string subject)
    {
        var key = new byte[21 + Encoding.UTF8.GetByteCount(subject)];
        key[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(key.AsSpan(1), seed);
        BinaryPrimitives.WriteInt64LittleEndian(key.AsSpan(9), step);
        BinaryPrimitives.WriteInt32LittleEndian(key.AsSpan(17), (int)purpose);
        Encoding.UTF8.GetBytes(subject, key.AsSpan(21));
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(key));
    }
}
