namespace OrleansOneShot.Compute.Torch;

/// <summary>What random numbers are for. Part of every generator's key, so the values never change and are never used again for something else.</summary>
public enum RandomPurpose
{
    /// <summary>Not a purpose: refused.</summary>
    None = 0,

    /// <summary>The sample of the VAE's posterior, fresh each training step.</summary>
    VaePosterior = 1,

    /// <summary>eps of a training step, shared by the global and the masked terms.</summary>
    Noise = 2,

    /// <summary>The timestep of a training step.</summary>
    Timestep = 3,

    /// <summary>p of the class-characterizing regularization (eq. 3).</summary>
    ClassLoss = 4,

    /// <summary>S, the objects of a training step (eq. 5).</summary>
    Subset = 5,

    /// <summary>The start of LoRA's A, by module.</summary>
    LoraInit = 6,

    /// <summary>The start of learned vectors that don't start from the class name.</summary>
    TokenInit = 7,

    /// <summary>The first latents of a picture; the step is the picture's number.</summary>
    SampleLatents = 8,

    /// <summary>The rows of KID's subsets.</summary>
    KidSubset = 9,

    /// <summary>The latents of DreamBooth's prior-preservation pictures.</summary>
    PriorLatents = 10,

    /// <summary>The choice of a training prompt among several.</summary>
    PromptChoice = 11,

    /// <summary>Augmentation of the training photo.</summary>
    Augmentation = 12,

    /// <summary>What a sampler adds between two calls of the model; the step is the picture's number, the object the call's.</summary>
    SamplerNoise = 13,

    /// <summary>The class picture of a training step of DreamBooth.</summary>
    ClassPicture = 14,
}
