namespace OrleansOneShot.Compute.Method;

/// <summary>How a masked term is averaged.</summary>
public enum MaskNormalisation
{
    /// <summary>The mean over all elements.</summary>
    Mean = 0,

    /// <summary>Divided by the mean of the latent mask.</summary>
    Area = 1,
}
