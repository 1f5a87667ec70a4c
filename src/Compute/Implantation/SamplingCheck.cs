using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// Whether a model's scheduler configuration can be trained and sampled with: known before any weight is loaded, and long before the first sample is drawn.
/// </summary>
public static class SamplingCheck
{
    /// <summary>Steps of a preview, at most.</summary>
    public const int PreviewSteps = 12;

    /// <summary>Checks.</summary>
    /// <param name="folder">The base model.</param>
    /// <param name="scheduler">The sampler.</param>
    /// <param name="steps">Sampling steps; null takes the model's default, else the method's.</param>
    /// <param name="draws">Whether samples are drawn at all; training needs the noise schedule in any case.</param>
    /// <exception cref="InvalidInputException">
    /// The configuration asks for what is not built, or doesn't go with the steps; the message names the value.
    /// </exception>
    public static void Require(ModelFolder folder, string scheduler, int? steps, bool draws)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var config = SchedulerConfig.Load(folder.SchedulerFile);
        TorchRuntime.Initialise();
        _ = new NoiseSchedule(config);
        if (draws)
        {
            var count = steps ?? folder.Defaults.SamplingSteps ?? new ImplantationOptions { Name = "" }.SamplingSteps;
            SchedulerFactory.Require(scheduler, config, count);
            SchedulerFactory.Require(scheduler, config, Math.Min(PreviewSteps, count));
        }
    }
}
