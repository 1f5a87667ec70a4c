using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>
/// DreamBooth (Ruiz et al. 2022; diffusers' <c>train_dreambooth.py</c>): all weights of the UNet train on "a photo of sks dog" by the loss of the
/// whole picture, and on pictures of the class, which the frozen model draws, by the same loss: prior preservation.
/// </summary>
internal sealed class DreamboothMethod : ITrainingMethod
{
    private const string Prior = "prior";

    private DreamboothMethod() { }

    /// <summary>The method.</summary>
    public static DreamboothMethod Instance { get; } = new();

    /// <inheritdoc/>
    public bool Spreads => false;

    /// <inheritdoc/>
    public IReadOnlyList<string> Templates => [];

    /// <inheritdoc/>
    public string? WordsOf(string name, int index) => InstanceWords.Of(name, index);

    /// <inheritdoc/>
    public ITrainedParts CreateParts(MethodRun run) => new UNetParts(run, InstanceWords.VectorsOf(run));

    /// <inheritdoc/>
    public ITrainingObjective CreateObjective(MethodRun run)
    {
        var preparation = run.Preparation;
        var classPrompt = run.Options.ClassPictures > 0 ? preparation.Keep(run.Ids(preparation.Texts.PlainClasses)) : null;
        return WholePicture.Objective(run, [preparation.Prompts.Global], classPrompt);
    }

    /// <inheritdoc/>
    public Func<int, int, StepDraw> CreateDraws(MethodRun run)
    {
        var instance = WholePicture.Draws(run, run.Preparation.Posterior, run.Preparation.Augmented);
        if (run.Options.ClassPictures == 0)
        {
            return instance.Draw;
        }

        var pictures = ClassPictures.Draw(run);
        var schedule = new NoiseSchedule(run.Models.Scheduler);
        return (step, participant) => instance.Draw(step, participant) with { Prior = DrawPrior(run, pictures, schedule, step) };
    }

    /// <inheritdoc/>
    public IReadOnlyList<PrototypeCurve> Start(MethodRun run, ITrainedParts parts) => [];

    private static PriorDraw DrawPrior(MethodRun run, IReadOnlyList<VaePosterior> pictures, NoiseSchedule schedule, int step)
    {
        var seed = run.Options.Seed;
        using var choices = new KeyedRandom(seed, step, RandomPurpose.ClassPicture);
        using var timesteps = new KeyedRandom(seed, step, RandomPurpose.Timestep, Prior);
        var posterior = pictures[choices.Integer(pictures.Count)];
        Tensor Normal(RandomPurpose purpose)
        {
            using var random = new KeyedRandom(seed, step, purpose, Prior);
            return random.Normal(posterior.Mean.shape).to(run.Models.Device);
        }

        var latents = posterior.Sample(Normal(RandomPurpose.VaePosterior)).Mul(run.Models.Vae.Config.ScalingFactor);
        var timestep = timesteps.Integer(schedule.Length);
        return new PriorDraw(latents, Normal(RandomPurpose.Noise), timestep, schedule.AlphasCumprod[timestep]);
    }
}
