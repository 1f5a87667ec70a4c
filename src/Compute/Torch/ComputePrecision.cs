namespace OrleansOneShot.Compute.Torch;

/// <summary>What frozen weights compute in; what trains is always float32.</summary>
public enum ComputePrecision
{
    /// <summary>Whatever was measured to be faster on this machine.</summary>
    Auto = 0,

    /// <summary>32-bit floats.</summary>
    Fp32 = 1,

    /// <summary>bfloat16.</summary>
    Bf16 = 2,
}

/// <summary>What precisions are called.</summary>
public static class ComputePrecisions
{
    /// <summary>The name on the command line and in pictures.</summary>
    /// <param name="precision">One that is settled: not <see cref="ComputePrecision.Auto"/>.</param>
    public static string Name(this ComputePrecision precision) => precision == ComputePrecision.Bf16 ? "bf16" : "fp32";
}
