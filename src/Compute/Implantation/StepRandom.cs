using System.Globalization;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// Draws what is random in a step. Every number depends on (seed, step, purpose, participant) alone, so a resumed or moved run draws the same.
/// </summary>
/// <param name="seed">The run's seed.</param>
/// <param name="posterior">The VAE's posterior of the training crop.</param>
/// <param name="scalingFactor">The VAE's scaling factor.</param>
/// <param name="schedule">The noise schedule.</param>
/// <param name="objects">r: number of objects.</param>
/// <param name="subsetSize">k: objects drawn a step; at most r are.</param>
/// <param name="views">The posterior of every object's own view; null when the masked terms see the training crop.</param>
/// <param name="augmented">What a step may see in place of both, one as likely as the other; null or empty: nothing else.</param>
internal sealed class StepRandom(
    long seed,
    VaePosterior posterior,
    double scalingFactor,
    NoiseSchedule schedule,
    int objects,
    int subsetSize,
    IReadOnlyList<VaePosterior>? views = null,
    IReadOnlyList<TrainingView>? augmented = null
)
{
    /// <summary>The draw of one step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="participant">Whose step, where several take their own; 0 draws what a run alone draws.</param>
    /// <returns>Tensors in the current dispose scope.</returns>
    public StepDraw Draw(int step, int participant = 0)
    {
        var subject = participant == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"participant-{participant}");
        var shape = posterior.Mean.shape;
        var device = posterior.Mean.device;
        Tensor Normal(RandomPurpose purpose, string of = "")
        {
            using var random = new KeyedRandom(seed, step, purpose, subject + of);
            return random.Normal(shape).to(device);
        }

        var seen = Choose(step, subject);
        var own = seen is null ? views : seen.Objects;
        var latents = (seen?.Posterior ?? posterior).Sample(Normal(RandomPurpose.VaePosterior)).Mul(scalingFactor);
        using var timesteps = new KeyedRandom(seed, step, RandomPurpose.Timestep, subject);
        using var subsets = new KeyedRandom(seed, step, RandomPurpose.Subset, subject);
        using var classLoss = new KeyedRandom(seed, step, RandomPurpose.ClassLoss, subject);
        var timestep = timesteps.Integer(schedule.Length);
        var subset = subsets.Subset(objects, Math.Min(subsetSize, objects));
        return new StepDraw(latents, Normal(RandomPurpose.Noise), timestep, schedule.AlphasCumprod[timestep], subset, classLoss.Uniform())
        {
            Masks = seen?.Masks,
            ObjectLatents = own is null
                ? null
                : subset.ToDictionary(
                    i => i,
                    i => own[i].Sample(Normal(RandomPurpose.VaePosterior, string.Create(CultureInfo.InvariantCulture, $"object-{i}"))).Mul(scalingFactor)
                ),
        };
    }

    private TrainingView? Choose(int step, string subject)
    {
        if (augmented is not { Count: > 0 })
        {
            return null;
        }

        using var choices = new KeyedRandom(seed, step, RandomPurpose.Augmentation, subject);
        return augmented[choices.Integer(augmented.Count)];
    }
}
