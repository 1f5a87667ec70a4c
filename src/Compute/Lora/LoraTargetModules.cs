namespace OrleansOneShot.Compute.Lora;

/// <summary>Which attention layers of a UNet carry LoRA; in each of them <c>to_q</c>, <c>to_k</c>, <c>to_v</c> and <c>to_out.0</c>.</summary>
public enum LoraTargetModules
{
    /// <summary>Self-attention (<c>attn1</c>) and cross-attention (<c>attn2</c>).</summary>
    Attention,

    /// <summary>Cross-attention (<c>attn2</c>) alone.</summary>
    Cross,
}
