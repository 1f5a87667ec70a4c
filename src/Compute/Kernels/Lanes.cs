using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>Sixteen float32 lanes: loads and stores of float32 and bfloat16, and the functions that the kernels need.</summary>
internal static class Lanes
{
    /// <summary>Number of lanes.</summary>
    public const int Count = 16;

    /// <summary>Loads 16 elements as float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<float> Load<T>(T* source)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            return Vector512.Load((float*)source);
        }

        // bfloat16 is the upper half of a float32.
        var halves = Vector256.Load((ushort*)source);
        var wide = Avx512F.IsSupported
            ? Avx512F.ConvertToVector512UInt32(halves)
            : Vector512.Create(Vector256.WidenLower(halves), Vector256.WidenUpper(halves));
        return (wide << 16).AsSingle();
    }

    /// <summary>Stores 16 lanes, rounded to nearest even for bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store<T>(Vector512<float> value, T* target)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            value.Store((float*)target);
            return;
        }

        var rounded = RoundedUpperHalves(value) >> 16;
        var halves = Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(rounded) : Vector256.Narrow(rounded.GetLower(), rounded.GetUpper());
        halves.Store((ushort*)target);
    }

    /// <summary>One element as float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle<T>(T element)
        where T : unmanaged => typeof(T) == typeof(float) ? (float)(object)element : BitConverter.UInt32BitsToSingle((uint)(ushort)(object)element << 16);

    /// <summary>Rounds 16 lanes to bfloat16, to nearest even: the values are the upper halves of the result; the lower halves are not zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> RoundedUpperHalves(Vector512<float> value)
    {
        var bits = value.AsUInt32();
        return bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One);
    }

    /// <summary>Stores two rows of 16 lanes as bfloat16, interleaved: the layout of a right operand of <see cref="Brgemm"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreInterleaved(Vector512<float> even, Vector512<float> odd, ushort* target) =>
        ((RoundedUpperHalves(even) >> 16) | (RoundedUpperHalves(odd) & Vector512.Create(0xFFFF0000u))).Store((uint*)target);

    /// <summary>exp(x), relative error below 2e-7; values below -87 give about 1e-38, values above 88 are not for this function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        x = Vector512.Max(x, Vector512.Create(-87f));
        // x = n ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts keeps r exact.
        var n = Vector512.Round(x * Vector512.Create(1.44269504f));
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        var p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r + Vector512<float>.One);
        var power = (Vector512.ConvertToInt32Native(n) + Vector512.Create(127)) << 23;
        return p * power.AsSingle();
    }

    /// <summary>
    /// 2^x for finite x up to 127; far below it is 0 (2^-126 without AVX-512). The relative error is below 3e-7 for float, and below 5e-6 where the result is
    /// rounded to bfloat16 anyway.
    /// </summary>
    /// <typeparam name="T">float, or ushort for bfloat16.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp2<T>(Vector512<float> x)
        where T : unmanaged
    {
        if (!Avx512F.IsSupported)
        {
            x = Vector512.MaxNative(Vector512.Create(-126f), x);
        }

        var n = Vector512.Round(x);
        var r = x - n;
        Vector512<float> p;
        if (typeof(T) == typeof(float))
        {
            p = Vector512.Create(1.5403530e-4f);
            p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3333558e-3f));
            p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(9.6181291e-3f));
            p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.5504109e-2f));
            p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(2.4022651e-1f));
            p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(6.9314718e-1f));
        }
        else
        {
            p = Vector512.Create(8.9893397e-3f);
            p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.5826318e-2f));
            p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(2.4015361e-1f));
            p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(6.9315308e-1f));
        }

        p = Vector512.FusedMultiplyAdd(p, r, Vector512<float>.One);
        return Avx512F.IsSupported ? Avx512F.Scale(p, n) : p * ((Vector512.ConvertToInt32Native(n) + Vector512.Create(127)) << 23).AsSingle();
    }

    /// <summary>1 / (1 + exp(-x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x)
    {
        // Of exp(-|x|), which can't overflow.
        var e = Exp(-Vector512.Abs(x));
        var denominator = Vector512<float>.One + e;
        return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(x, Vector512<float>.Zero), Vector512<float>.One, e) / denominator;
    }

    /// <summary>
    /// The normal distribution's (1 + erf(x / sqrt 2)) / 2, and its density exp(-x^2 / 2) / sqrt(2 pi). Absolute error below 2e-7 (Abramowitz and Stegun
    /// 7.1.26).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Cumulative, Vector512<float> Density) Normal(Vector512<float> x)
    {
        var z = Vector512.Abs(x) * Vector512.Create(0.70710678f);
        var e = Exp(-z * z);
        var t = Vector512<float>.One / Vector512.FusedMultiplyAdd(z, Vector512.Create(0.3275911f), Vector512<float>.One);
        var p = Vector512.Create(1.061405429f);
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(-1.453152027f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(1.421413741f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(-0.284496736f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(0.254829592f));
        var tail = p * t * e * Vector512.Create(0.5f); // the side that x is not on
        var cumulative = Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(x, Vector512<float>.Zero), Vector512<float>.One - tail, tail);
        return (cumulative, e * Vector512.Create(0.39894228f));
    }
}
