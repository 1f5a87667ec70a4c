using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Vae;

/// <summary>The normal distribution of a picture's latent. Not yet multiplied by the scaling factor.</summary>
/// <param name="Mean">(B, latent, h, w).</param>
/// <param name="LogVariance">(B, latent, h, w), within -30 and 20.</param>
public sealed record VaePosterior(Tensor Mean, Tensor LogVariance) : IDisposable
{
    /// <summary>Draws a latent: mean + exp(log-variance / 2) noise.</summary>
    /// <param name="noise">Unit normal, (B, latent, h, w).</param>
    /// <returns>(B, latent, h, w), in the caller's dispose scope.</returns>
    public Tensor Sample(Tensor noise)
    {
        using var scope = NewDisposeScope();
        return LogVariance.Mul(0.5).exp().mul(noise).Add(Mean).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mean.Dispose();
        LogVariance.Dispose();
    }
}
