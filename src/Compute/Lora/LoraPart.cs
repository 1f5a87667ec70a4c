namespace OrleansOneShot.Compute.Lora;

/// <summary>The tensor that a key of a LoRA file names. Names as in LyCORIS.</summary>
internal enum LoraPart
{
    /// <summary>A, (r, in) or (r, in, kh, kw).</summary>
    Down,

    /// <summary>B, (out, r) or (out, r, 1, 1).</summary>
    Up,

    /// <summary>The core between A and B of a Tucker decomposition, (r, r, kh, kw).</summary>
    Mid,

    /// <summary>Alpha, one number.</summary>
    Alpha,

    /// <summary>LoHa: first factor of the first product, (out, r); with a core (r, out).</summary>
    HadaW1A,

    /// <summary>LoHa: second factor of the first product, (r, in kh kw); with a core (r, in).</summary>
    HadaW1B,

    /// <summary>LoHa: as <see cref="HadaW1A"/>, of the second product.</summary>
    HadaW2A,

    /// <summary>LoHa: as <see cref="HadaW1B"/>, of the second product.</summary>
    HadaW2B,

    /// <summary>LoHa: core of the first product, (r, r, kh, kw).</summary>
    HadaT1,

    /// <summary>LoHa: core of the second product.</summary>
    HadaT2,

    /// <summary>LoKr: the left factor, (out1, in1).</summary>
    LokrW1,

    /// <summary>LoKr: the left factor's first factor, (out1, r).</summary>
    LokrW1A,

    /// <summary>LoKr: the left factor's second factor, (r, in1).</summary>
    LokrW1B,

    /// <summary>LoKr: the right factor, (out2, in2) or (out2, in2, kh, kw).</summary>
    LokrW2,

    /// <summary>LoKr: the right factor's first factor, (out2, r); with a core (r, out2).</summary>
    LokrW2A,

    /// <summary>LoKr: the right factor's second factor, (r, in2 kh kw); with a core (r, in2).</summary>
    LokrW2B,

    /// <summary>LoKr: core of the right factor, (r, r, kh, kw).</summary>
    LokrT2,

    /// <summary>DoRA: the length of each row or column of the changed weight.</summary>
    Magnitude,

    /// <summary>The whole change of the weight.</summary>
    Diff,

    /// <summary>The change of the bias, (out).</summary>
    DiffBias,
}
