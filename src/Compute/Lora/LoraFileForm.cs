namespace OrleansOneShot.Compute.Lora;

/// <summary>How a LoRA file names its tensors. Files may mix forms; the first key tells.</summary>
public enum LoraFileForm
{
    /// <summary><c>lora_unet_..._to_q.lora_down.weight</c>, <c>.lora_up.weight</c>, <c>.alpha</c>: kohya's scripts, A1111, ComfyUI.</summary>
    Kohya,

    /// <summary><c>unet....to_q.lora_A.weight</c>, <c>.lora_B.weight</c>: diffusers with PEFT.</summary>
    Peft,

    /// <summary><c>unet....to_q.lora.down.weight</c>, <c>.lora_linear_layer.down.weight</c>: diffusers' training scripts.</summary>
    Diffusers,

    /// <summary><c>unet....attn1.processor.to_q_lora.down.weight</c>: diffusers before 0.20.</summary>
    Processor,
}
