using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>What trains and what it is trained with, made alike in a run and on machines that help it.</summary>
internal sealed class TrainingParts : IDisposable
{
    /// <summary>Puts parts together.</summary>
    /// <param name="lora">The LoRA; owned.</param>
    /// <param name="tokens">The token vectors; owned.</param>
    /// <param name="trainer">Takes the steps; owned.</param>
    /// <param name="wire">How they cross between machines.</param>
    public TrainingParts(LoraNetwork lora, FlatParameters tokens, Trainer trainer, ParameterWire wire)
    {
        Lora = lora;
        Tokens = tokens;
        Trainer = trainer;
        Wire = wire;
    }

    /// <summary>The LoRA, not yet attached.</summary>
    public LoraNetwork Lora { get; }

    /// <summary>The token vectors.</summary>
    public FlatParameters Tokens { get; }

    /// <summary>Takes the steps.</summary>
    public Trainer Trainer { get; }

    /// <summary>How it all crosses between machines.</summary>
    public ParameterWire Wire { get; }

    /// <summary>Makes the parts; call it outside dispose scopes.</summary>
    /// <param name="models">The base model.</param>
    /// <param name="joint">The joint space; null without a CLIP.</param>
    /// <param name="preparation">The prepared job.</param>
    /// <param name="options">Options.</param>
    public static TrainingParts Create(LoadedModels models, JointSpace? joint, Preparation preparation, ImplantationOptions options)
    {
        var lora = CreateLora(models, options);
        var tokens = new FlatParameters([(Trainer.VectorsName, [preparation.Tokens.Sum(t => t.Count), models.TextEncoder.TokenTable.shape[1]])], models.Device);
        var objective = new Objective(
            (sample, timesteps, states) => models.UNet.call(sample, timesteps, states).to(ScalarType.Float32),
            (ids, rows) => models.TextEncoder.call(ids, rows),
            joint is null ? null : joint.Text,
            preparation.LatentMasks,
            preparation.Prompts,
            options.Objective with
            {
                PredictionType = models.Scheduler.Prediction,
            }
        );
        var random = new StepRandom(
            options.Seed,
            preparation.Posterior,
            models.Vae.Config.ScalingFactor,
            new NoiseSchedule(models.Scheduler),
            preparation.Tokens.Count,
            options.SubsetSize,
            preparation.Views
        );
        var trainer = new Trainer(objective, random.Draw, lora, tokens, options.LearningRate, options.WeightDecay);
        return new TrainingParts(lora, tokens, trainer, new ParameterWire([lora.Parameters, tokens], models.UNet.ComputeType));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Trainer.Dispose();
        Tokens.Dispose();
        Lora.Dispose();
    }

    private static LoraNetwork CreateLora(LoadedModels models, ImplantationOptions options)
    {
        using var random = new KeyedRandom(options.Seed, 0, RandomPurpose.LoraInit);
        var targets = (options.CrossAttentionOnly ? LoraTargetModules.Cross : LoraTargetModules.Attention) | options.MoreTargets;
        return LoraNetwork.Create(models.UNet.AdaptableLayers, new LoraSettings(options.Rank, options.Alpha, targets), random.Generator, models.Device);
    }
}
