namespace OrleansOneShot.Compute.Torch;

/// <summary>What the precision probe measured.</summary>
/// <param name="Fp32Seconds">Seconds in float32.</param>
/// <param name="Bf16Seconds">Seconds in bfloat16.</param>
public sealed record PrecisionTimes(double Fp32Seconds, double Bf16Seconds)
{
    /// <summary>The faster one; float32 unless bfloat16 is faster by a clear margin.</summary>
    public ComputePrecision Choice => Fp32Seconds > Bf16Seconds * PrecisionProbe.Margin ? ComputePrecision.Bf16 : ComputePrecision.Fp32;
}
