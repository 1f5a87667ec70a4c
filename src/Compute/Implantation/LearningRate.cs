using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>The learning rate over a run's steps.</summary>
/// <param name="Schedule">How it changes.</param>
/// <param name="Steps">Training steps, at least 1.</param>
internal readonly record struct LearningRate(LearningRateSchedule Schedule, int Steps)
{
    /// <summary>That of a run.</summary>
    /// <param name="options">Its options.</param>
    public static LearningRate Of(ImplantationOptions options) => new(options.Schedule, options.Steps);

    /// <summary>What the options' rate is multiplied with in a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <returns>0 to 1.</returns>
    public double Factor(int step) => Schedule == LearningRateSchedule.Cosine ? 0.5 * (1 + Math.Cos(Math.PI * step / Steps)) : 1;
}
