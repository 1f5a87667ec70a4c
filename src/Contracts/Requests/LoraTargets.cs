namespace OrleansOneShot.Contracts.Requests;

/// <summary>Which attention layers of the UNet carry LoRA.</summary>
[GenerateSerializer, Alias("oneshot.LoraTargets")]
public enum LoraTargets
{
    /// <summary>Self- and cross-attention.</summary>
    Attention = 0,

    /// <summary>Cross-attention alone, nearer to the paper's words.</summary>
    Cross = 1,
}
