using System.Globalization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Torch;

/// <summary>What the precision probe measured.</summary>
/// <param name="Fp32Seconds">Seconds in float32.</param>
/// <param name="Bf16Seconds">Seconds in bfloat16.</param>
/// <param name="IsSmall">Whether the model is so small that operations' overhead, not arithmetic, is what it waits for.</param>
public sealed record PrecisionTimes(double Fp32Seconds, double Bf16Seconds, bool IsSmall)
{
    /// <summary>bfloat16 must be this much faster, so that noise in the measurement doesn't flip the choice: it costs fidelity.</summary>
    public const double Margin = 1.2;

    /// <summary>
    /// Whether others used the processors meanwhile, or the runs differed much: the choice may be another one on a quiet machine. Never of a small model, whose
    /// choice does not depend on it.
    /// </summary>
    public bool UnderLoad { get; init; }

    /// <summary>The better of two measurements of the same thing: what disturbs makes slower, never faster.</summary>
    /// <param name="other">Another one.</param>
    public PrecisionTimes Better(PrecisionTimes other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this with { Fp32Seconds = Math.Min(Fp32Seconds, other.Fp32Seconds), Bf16Seconds = Math.Min(Bf16Seconds, other.Bf16Seconds) };
    }

    /// <summary>bfloat16 where it is faster by a clear margin and the model is not a small one; else float32.</summary>
    public Precision Choice => !IsSmall && Fp32Seconds > Bf16Seconds * Margin ? Precision.Bf16 : Precision.Fp32;

    /// <summary>The choice and its reason.</summary>
    public string Description =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"precision auto: {Choice.Name()} (measured: fp32 {Fp32Seconds * 1000:0.0} ms, bf16 {Bf16Seconds * 1000:0.0} "
                + $"ms{(IsSmall ? "; a small model stays in fp32" : UnderLoad ? "; under load, so it is measured again next time" : "")})"
        );
}
