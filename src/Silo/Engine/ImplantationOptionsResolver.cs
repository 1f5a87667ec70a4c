using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Requests;

namespace OrleansOneShot.Silo.Engine;

/// <summary>Fills in what a request left open: the model's own defaults (<c>oneshot.json</c>), else those of the method.</summary>
public static class ImplantationOptionsResolver
{
    /// <summary>The options of a request for a model.</summary>
    /// <param name="request">The request, whose ranges were checked when it was submitted.</param>
    /// <param name="folder">The base model.</param>
    /// <param name="device">The device that it is bound to, "cpu" or "cuda:N"; null: the request says which.</param>
    /// <returns>All options.</returns>
    /// <exception cref="InvalidInputException">An option doesn't fit the model.</exception>
    public static ImplantationOptions Resolve(ImplantationRequest request, ModelFolder folder, string? device = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(folder);
        var (method, training, samples, model) = (request.Method, request.Training, request.Samples, folder.Defaults);
        var fallback = new ImplantationOptions { Name = request.Name };
        var resolution = training.Resolution ?? model.Resolution ?? fallback.Resolution;
        if (resolution < folder.Vae.Factor || resolution % folder.Vae.Factor != 0)
        {
            throw new InvalidInputException(
                $"The resolution {resolution} must be a multiple of {folder.Vae.Factor}, the VAE's factor.", "resolution",
                $"Use {Math.Max(1, resolution / folder.Vae.Factor) * folder.Vae.Factor}.");
        }

        return fallback with
        {
            Seed = request.Seed,
            Vectors = method.Vectors ?? model.Vectors ?? fallback.Vectors,
            SubsetSize = method.SubsetSize ?? fallback.SubsetSize,
            OwnViews = method.ObjectView == ObjectView.Own,
            UsePrototype = method.Prototype,
            Prototype = new PrototypeOptions
            {
                LearningRate = method.PrototypeLearningRate ?? model.Prototype?.LearningRate ?? fallback.Prototype.LearningRate,
                Steps = method.PrototypeSteps ?? model.Prototype?.Steps ?? fallback.Prototype.Steps,
                Fusion = ToFusion(method.Fusion),
            },
            RandomInitialisation = method.Initialisation == TokenInitialisation.Random,
            Objective = new ObjectiveOptions
            {
                MaskNormalisation = method.MaskNormalisation == Contracts.Requests.MaskNormalisation.Area ? Compute.Method.MaskNormalisation.Area : Compute.Method.MaskNormalisation.Mean,
                ObjectLoss = method.ObjectLoss,
                ClassLoss = method.ClassLoss,
                ClassLossAlpha = method.ClassLossAlpha,
                ClassLossProbability = method.ClassLossProbability,
            },
            Steps = training.Steps ?? model.Steps ?? fallback.Steps,
            LearningRate = training.LearningRate ?? model.LearningRate ?? fallback.LearningRate,
            Schedule = UsesCosine(training, model) ? Compute.Implantation.LearningRateSchedule.Cosine : Compute.Implantation.LearningRateSchedule.Constant,
            WeightDecay = training.WeightDecay,
            Rank = training.Rank,
            Alpha = training.Alpha ?? training.Rank,
            CrossAttentionOnly = training.Targets == LoraTargets.Cross,
            MoreTargets = ToModules(training.MoreTargets),
            Resolution = resolution,
            PromptTemplate = model.PromptTemplate ?? fallback.PromptTemplate,
            CheckpointEvery = training.CheckpointEvery,
            FanOut = ToMode(training.FanOut.Mode),
            FanOutPeriod = training.FanOut.Period,
            MicroBatch = training.MicroBatch,
            Precision = training.Precision switch
            {
                Precision.Fp32 => ComputePrecision.Fp32,
                Precision.Bf16 => ComputePrecision.Bf16,
                _ => ComputePrecision.Auto,
            },
            Device = TorchDevices.Resolve(device ?? training.Device),
            Prompts = samples.Prompts,
            SamplesPerPrompt = samples.PerPrompt,
            Scheduler = samples.Scheduler,
            SamplingSteps = samples.Steps ?? model.SamplingSteps ?? fallback.SamplingSteps,
            GuidanceScale = samples.GuidanceScale ?? model.GuidanceScale ?? fallback.GuidanceScale,
        };
    }

    private static LoraTargetModules ToModules(MoreLoraTargets more) =>
        (more.HasFlag(MoreLoraTargets.FeedForward) ? LoraTargetModules.FeedForward : 0)
        | (more.HasFlag(MoreLoraTargets.ProjectionIn) ? LoraTargetModules.ProjectionIn : 0)
        | (more.HasFlag(MoreLoraTargets.ProjectionOut) ? LoraTargetModules.ProjectionOut : 0)
        | (more.HasFlag(MoreLoraTargets.Convolutions) ? LoraTargetModules.Convolutions : 0)
        | (more.HasFlag(MoreLoraTargets.TimeProjections) ? LoraTargetModules.TimeProjections : 0);

    private static bool UsesCosine(TrainingOptions training, ModelDefaults model) => training.Schedule is { } schedule
        ? schedule == Contracts.Requests.LearningRateSchedule.Cosine
        : model.LearningRateSchedule == "cosine";

    private static Compute.FanOut.FanOutMode ToMode(Contracts.Requests.FanOutMode mode) => mode switch
    {
        Contracts.Requests.FanOutMode.Local => Compute.FanOut.FanOutMode.Local,
        Contracts.Requests.FanOutMode.Synchronous => Compute.FanOut.FanOutMode.Synchronous,
        Contracts.Requests.FanOutMode.Periodic => Compute.FanOut.FanOutMode.Periodic,
        _ => Compute.FanOut.FanOutMode.Auto,
    };

    private static Compute.Method.PrototypeFusion ToFusion(Contracts.Requests.PrototypeFusion fusion) => fusion switch
    {
        Contracts.Requests.PrototypeFusion.Image => Compute.Method.PrototypeFusion.ImageOnly,
        Contracts.Requests.PrototypeFusion.MaskedImage => Compute.Method.PrototypeFusion.MaskedImageOnly,
        Contracts.Requests.PrototypeFusion.Class => Compute.Method.PrototypeFusion.ClassOnly,
        _ => Compute.Method.PrototypeFusion.Average,
    };
}
