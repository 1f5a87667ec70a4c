using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Safetensors;

/// <summary>
/// The numbers of eight bits that files hold. No operation computes with them here: float16 holds every one of them exactly, so they are read as that.
/// </summary>
/// <remarks>Source: Micikevicius et al. 2022, "FP8 Formats for Deep Learning".</remarks>
public enum Float8
{
    /// <summary>The tensor is of another type.</summary>
    None,

    /// <summary>Four bits of exponent, three of mantissa, no infinity: <c>F8_E4M3</c>, up to 448.</summary>
    E4M3,

    /// <summary>Five bits of exponent, two of mantissa: <c>F8_E5M2</c>, the upper half of a float16.</summary>
    E5M2,
}

/// <summary>Reads numbers of eight bits.</summary>
internal static class Float8Values
{
    private const int E4M3Bias = 7;
    private static readonly ushort[] s_ofE4M3 = Table(FromE4M3);
    private static readonly ushort[] s_ofE5M2 = Table(code => (ushort)(code << 8));

    /// <summary>The same numbers as float16.</summary>
    /// <param name="codes">The bytes.</param>
    /// <param name="format">How they are written; not <see cref="Float8.None"/>.</param>
    /// <param name="shape">Sizes, whose product is the number of bytes.</param>
    /// <returns>A CPU tensor, in the caller's dispose scope.</returns>
    public static Tensor ToFloat16(ReadOnlySpan<byte> codes, Float8 format, long[] shape)
    {
        var table = format == Float8.E4M3 ? s_ofE4M3 : s_ofE5M2;
        var tensor = empty(shape, ScalarType.Float16);
        var values = MemoryMarshal.Cast<byte, ushort>(tensor.bytes);
        for (var i = 0; i < codes.Length; i++)
        {
            values[i] = table[codes[i]];
        }

        return tensor;
    }

    private static ushort[] Table(Func<int, ushort> of) => [.. Enumerable.Range(0, 256).Select(of)];

    private static ushort FromE4M3(int code)
    {
        var (sign, exponent, mantissa) = (code >> 7, (code >> 3) & 15, code & 7);
        var value = (exponent, mantissa) switch
        {
            (15, 7) => double.NaN,
            (0, _) => Math.ScaleB(mantissa / 8.0, 1 - E4M3Bias),
            _ => Math.ScaleB(1 + (mantissa / 8.0), exponent - E4M3Bias),
        };
        return BitConverter.HalfToUInt16Bits((Half)(sign == 0 ? value : -value));
    }
}
