using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Method;

/// <summary>
/// Min-SNR weights of denoising terms (Hang et al. 2023, "Efficient Diffusion Training via Min-SNR Weighting Strategy", arXiv 2303.09556, sections 3.4 and 3.5;
/// <c>snr_gamma</c> of diffusers' <c>train_text_to_image.py</c>): with SNR = abar / (1 - abar), a loss of eps is weighed by min(SNR, gamma) / SNR, one of v by
/// min(SNR, gamma) / (SNR + 1).
/// </summary>
public static class MinSnr
{
    /// <summary>The weight of a term.</summary>
    /// <param name="gamma">gamma, 0 or more; 0: terms weigh the same at every timestep.</param>
    /// <param name="alphaBar">abar of the term's timestep, in [0, 1].</param>
    /// <param name="prediction">What the model predicts.</param>
    /// <returns>0 to 1; 1 without gamma.</returns>
    public static double Weight(double gamma, float alphaBar, PredictionType prediction)
    {
        if (gamma == 0)
        {
            return 1;
        }

        // Written with abar alone, so that neither end of a schedule divides by zero: SNR = 0 where terminal SNR is zero, and it has no bound without noise.
        double signal = alphaBar,
            noise = 1 - signal;
        return prediction == PredictionType.Velocity ? Math.Min(signal, gamma * noise)
            : signal <= gamma * noise ? 1
            : gamma * noise / signal;
    }
}
