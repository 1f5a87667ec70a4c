using TorchSharp;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Torch;

#pragma warning disable RS0030 // The one place where a Scalar is made: each lives until libtorch has come back.

/// <summary>
/// Arithmetic of tensors and numbers that a garbage collection can't disturb. TorchSharp turns every number, and the factor 1 of a plain sum, into a
/// <see cref="Scalar"/> with a finalizer that nothing keeps alive during the native call (dotnet/TorchSharp issues 1434 and 1496): a collection in between
/// frees it, and libtorch reads freed memory. Here the Scalar is held until the call is over. build/BannedSymbols.txt bans the members that make one
/// themselves.
/// </summary>
/// <remarks>
/// Results are those of the torch function of the same name, bit for bit. As there, a whole number (<see cref="long"/>) leaves the element type of integers
/// alone and a fraction (<see cref="double"/>) does not. Results are in the caller's dispose scope; functions in place return a second handle on the same
/// tensor.
/// </remarks>
public static class TensorMath
{
    // Held for ever, so they are safe and cost nothing.
    private static readonly Scalar s_zero = 0;
    private static readonly Scalar s_one = 1;
    private static readonly Scalar s_two = 2;

    /// <summary>a + b.</summary>
    public static Tensor Add(this Tensor a, Tensor b) => a.add(b, s_one);

    /// <inheritdoc cref="Add(Tensor, Tensor)"/>
    public static Tensor Add(this Tensor a, long b)
    {
        using Scalar held = b;
        return a.add(held, s_one);
    }

    /// <inheritdoc cref="Add(Tensor, Tensor)"/>
    public static Tensor Add(this Tensor a, double b)
    {
        using Scalar held = b;
        return a.add(held, s_one);
    }

    /// <summary>a += b.</summary>
    public static Tensor AddInPlace(this Tensor a, Tensor b) => a.add_(b, s_one);

    /// <summary>a += alpha b.</summary>
    public static Tensor AddInPlace(this Tensor a, Tensor b, double alpha)
    {
        using Scalar held = alpha;
        return a.add_(b, held);
    }

    /// <inheritdoc cref="AddInPlace(Tensor, Tensor)"/>
    public static Tensor AddInPlace(this Tensor a, double b)
    {
        using Scalar held = b;
        return a.add_(held, s_one);
    }

    /// <summary>a - b. (Of two tensors the operator is safe.)</summary>
    public static Tensor Sub(this Tensor a, long b)
    {
        using Scalar held = b;
        return a.sub(held);
    }

    /// <inheritdoc cref="Sub(Tensor, long)"/>
    public static Tensor Sub(this Tensor a, double b)
    {
        using Scalar held = b;
        return a.sub(held);
    }

    /// <summary>b - a.</summary>
    public static Tensor RSub(this Tensor a, long b)
    {
        using var scope = NewDisposeScope();
        using Scalar held = b;
        return a.negative().add(held, s_one).MoveToOuterDisposeScope();
    }

    /// <summary>a b. (Of two tensors the operator is safe.)</summary>
    public static Tensor Mul(this Tensor a, long b)
    {
        using Scalar held = b;
        return a.mul(held);
    }

    /// <inheritdoc cref="Mul(Tensor, long)"/>
    public static Tensor Mul(this Tensor a, double b)
    {
        using Scalar held = b;
        return a.mul(held);
    }

    /// <summary>a *= b.</summary>
    public static Tensor MulInPlace(this Tensor a, double b)
    {
        using Scalar held = b;
        return a.mul_(held);
    }

    /// <summary>a / b. (Of two tensors the operator is safe.)</summary>
    public static Tensor Div(this Tensor a, long b)
    {
        using Scalar held = b;
        return a.div(held);
    }

    /// <inheritdoc cref="Div(Tensor, long)"/>
    public static Tensor Div(this Tensor a, double b)
    {
        using Scalar held = b;
        return a.div(held);
    }

    /// <summary>a /= b.</summary>
    public static Tensor DivInPlace(this Tensor a, long b)
    {
        using Scalar held = b;
        return a.div_(held);
    }

    /// <inheritdoc cref="DivInPlace(Tensor, long)"/>
    public static Tensor DivInPlace(this Tensor a, double b)
    {
        using Scalar held = b;
        return a.div_(held);
    }

    /// <summary>a += b c value.</summary>
    public static Tensor AddcmulInPlace(this Tensor a, Tensor b, Tensor c, double value)
    {
        using Scalar held = value;
        return a.addcmul_(b, c, held);
    }

    /// <summary>a += b / c value.</summary>
    public static Tensor AddcdivInPlace(this Tensor a, Tensor b, Tensor c, double value)
    {
        using Scalar held = value;
        return a.addcdiv_(b, c, held);
    }

    /// <summary>a a.</summary>
    public static Tensor Square(this Tensor a) => a.pow(s_two);

    /// <summary>a to the power of a whole number.</summary>
    public static Tensor Pow(this Tensor a, long exponent)
    {
        using Scalar held = exponent;
        return a.pow(held);
    }

    /// <summary>a, but at least <paramref name="min"/> and at most <paramref name="max"/>, where they are given.</summary>
    public static Tensor Clamp(this Tensor a, long? min = null, long? max = null)
    {
        using Scalar? least = min is { } low ? low : null;
        using Scalar? most = max is { } high ? high : null;
        return a.clamp(least, most);
    }

    /// <inheritdoc cref="Clamp(Tensor, long?, long?)"/>
    public static Tensor Clamp(this Tensor a, double? min, double? max)
    {
        using Scalar? least = min is { } low ? low : null;
        using Scalar? most = max is { } high ? high : null;
        return a.clamp(least, most);
    }

    /// <summary>Where a equals b.</summary>
    public static Tensor Eq(this Tensor a, long b)
    {
        using Scalar held = b;
        return a.eq(held);
    }

    /// <summary>Where a is at least b.</summary>
    public static Tensor Ge(this Tensor a, long b)
    {
        using Scalar held = b;
        return a.ge(held);
    }

    /// <summary>Where a is above b.</summary>
    public static Tensor Gt(this Tensor a, double b)
    {
        using Scalar held = b;
        return a.gt(held);
    }

    /// <summary>Sets every element.</summary>
    public static Tensor FillInPlace(this Tensor a, double value)
    {
        using Scalar held = value;
        return a.fill_(held);
    }

    /// <summary>A tensor of equal elements.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="value">The elements.</param>
    /// <param name="type">Their type.</param>
    /// <param name="device">Where it lives; null is the CPU.</param>
    public static Tensor Full(ReadOnlySpan<long> shape, long value, ScalarType type, Device? device = null)
    {
        using Scalar held = value;
        return full(shape, held, type, device);
    }

    /// <inheritdoc cref="Full(ReadOnlySpan{long}, long, ScalarType, Device?)"/>
    public static Tensor Full(ReadOnlySpan<long> shape, double value, ScalarType type = ScalarType.Float32, Device? device = null)
    {
        using Scalar held = value;
        return full(shape, held, type, device);
    }

    /// <summary>0, 1, 2, ... (torch's <c>arange</c>).</summary>
    /// <param name="count">How many.</param>
    /// <param name="type">The elements' type.</param>
    /// <param name="device">Where it lives; null is the CPU.</param>
    public static Tensor Arange(long count, ScalarType type, Device? device = null)
    {
        using Scalar held = count;
        return arange(s_zero, held, s_one, type, device);
    }
}
