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
