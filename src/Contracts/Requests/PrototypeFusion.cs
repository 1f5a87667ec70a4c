namespace OrleansOneShot.Contracts.Requests;

/// <summary>theta_m of eq. 2: which L2-normalised embeddings make the target.</summary>
[GenerateSerializer, Alias("oneshot.PrototypeFusion")]
public enum PrototypeFusion
{
    /// <summary>The mean of image, masked image and class name.</summary>
    Average = 0,

    /// <summary>The whole crop alone.</summary>
    Image = 1,

    /// <summary>The masked crop alone.</summary>
    MaskedImage = 2,

    /// <summary>The class name alone.</summary>
    Class = 3,
}
