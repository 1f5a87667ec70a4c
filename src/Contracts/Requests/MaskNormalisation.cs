namespace OrleansOneShot.Contracts.Requests;

/// <summary>How a masked term is averaged.</summary>
[GenerateSerializer, Alias("oneshot.MaskNormalisation")]
public enum MaskNormalisation
{
    /// <summary>The mean over all elements, as diffusion trainers do.</summary>
    Mean = 0,

    /// <summary>Divided by the mean of the latent mask, so that a small object counts as much as a large one.</summary>
    Area = 1,
}
