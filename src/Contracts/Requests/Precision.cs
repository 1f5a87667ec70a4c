namespace OrleansOneShot.Contracts.Requests;

/// <summary>What the frozen weights compute in; what trains is always float32.</summary>
[GenerateSerializer, Alias("oneshot.Precision")]
public enum Precision
{
    /// <summary>Whatever is measured to be faster on the machine.</summary>
    Auto = 0,

    /// <summary>32-bit floats.</summary>
    Fp32 = 1,

    /// <summary>bfloat16.</summary>
    Bf16 = 2,
}
