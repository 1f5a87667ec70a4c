namespace OrleansOneShot.Compute.Method;

/// <summary>What a diffusion model predicts.</summary>
public enum PredictionType
{
    /// <summary>The noise.</summary>
    Epsilon = 0,

    /// <summary>v = sqrt(abar) eps - sqrt(1 - abar) z (Stable Diffusion 2.1).</summary>
    VPrediction = 1,
}
