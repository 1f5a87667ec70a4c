namespace OrleansOneShot.Compute.Schedulers;

/// <summary>What a model predicts from a noisy sample (diffusers' <c>prediction_type</c>).</summary>
public enum PredictionType
{
    /// <summary>The noise eps (SD 1.x).</summary>
    Epsilon = 0,

    /// <summary>The velocity v = sqrt(abar) eps - sqrt(1 - abar) x0 (SD 2.x at 768).</summary>
    Velocity = 1,
}
