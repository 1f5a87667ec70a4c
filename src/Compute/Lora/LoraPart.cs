namespace OrleansOneShot.Compute.Lora;

/// <summary>The tensor that a key of a LoRA file names.</summary>
internal enum LoraPart
{
    /// <summary>A, (r, in).</summary>
    Down,

    /// <summary>B, (out, r).</summary>
    Up,

    /// <summary>Alpha, one number.</summary>
    Alpha,
}
