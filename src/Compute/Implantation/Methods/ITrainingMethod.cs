using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>A way of teaching a model an object: what trains, by which losses, and what a run writes of it. It has no state.</summary>
internal interface ITrainingMethod
{
    /// <summary>Whether a step's terms, or rounds of steps, may be evaluated on other silos.</summary>
    bool Spreads { get; }

    /// <summary>The words that an object's identifier stands for; null: it stands for vectors that are learned.</summary>
    /// <param name="name">The object's class name.</param>
    /// <param name="index">Which of the photo's objects it is, from 0.</param>
    string? WordsOf(string name, int index);

    /// <summary>The training prompts besides the model's own, each with one <c>{}</c> where the identifiers go.</summary>
    IReadOnlyList<string> Templates { get; }

    /// <summary>Makes what trains, not yet attached; call it outside dispose scopes.</summary>
    /// <param name="run">The run.</param>
    ITrainedParts CreateParts(MethodRun run);

    /// <summary>Makes what is minimised.</summary>
    /// <param name="run">The run.</param>
    ITrainingObjective CreateObjective(MethodRun run);

    /// <summary>Makes what draws a step's random numbers: by step and participant, tensors in the current dispose scope.</summary>
    /// <param name="run">The run.</param>
    Func<int, int, StepDraw> CreateDraws(MethodRun run);

    /// <summary>Gives what trains its first values, where they are not there already.</summary>
    /// <param name="run">The run.</param>
    /// <param name="parts">What trains.</param>
    /// <returns>How the objects' prototypical embeddings were found; empty without such.</returns>
    IReadOnlyList<PrototypeCurve> Start(MethodRun run, ITrainedParts parts);
}

/// <summary>What a method works on.</summary>
/// <param name="Models">The base model.</param>
/// <param name="Joint">The joint space; null without a CLIP.</param>
/// <param name="Preparation">The prepared job.</param>
/// <param name="Options">Options.</param>
/// <param name="Observer">Told of what takes long.</param>
/// <param name="Cancellation">Stops between two steps of it.</param>
internal sealed record MethodRun(
    LoadedModels Models,
    JointSpace? Joint,
    Preparation Preparation,
    ImplantationOptions Options,
    IImplantationObserver Observer,
    CancellationToken Cancellation
)
{
    /// <summary>Finds what the frozen model has drawn already, or draws it.</summary>
    public FrozenRecall Recall { get; init; } = static (_, _, draw) => draw();

    /// <summary>The UNet, whose prediction is float32 whatever it computes in.</summary>
    public NoisePredictor Predictor => (sample, timesteps, states) => Models.UNet.call(sample, timesteps, states).to(ScalarType.Float32);

    /// <summary>The text encoder.</summary>
    public TextConditioner Conditioner => (ids, rows) => Models.TextEncoder.call(ids, rows);

    /// <summary>Ids of a text, (1, L), on the run's device and in the current dispose scope.</summary>
    /// <param name="text">The text.</param>
    public Tensor Ids(string text) => Models.Tokenizer.EncodePrompts([text]).to(Models.Device);
}

/// <summary>The methods by their names.</summary>
internal static class MethodCatalog
{
    /// <summary>A method.</summary>
    /// <param name="method">Its name.</param>
    public static ITrainingMethod Get(TrainingMethod method) =>
        method switch
        {
            TrainingMethod.Ours => PrototypicalMethod.Instance,
            TrainingMethod.Lora => LoraMethod.Instance,
            TrainingMethod.TextualInversion => TextualInversionMethod.Instance,
            TrainingMethod.Dreambooth => DreamboothMethod.Instance,
            _ => throw new ArgumentOutOfRangeException(nameof(method), method, "There is no such method."),
        };

    /// <summary>How many tokens an identifier stands for.</summary>
    /// <param name="method">The method.</param>
    /// <param name="name">The object's class name.</param>
    /// <param name="index">Which of the photo's objects it is, from 0.</param>
    /// <param name="vectors">Learned vectors an object.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    public static int TokensOf(this ITrainingMethod method, string name, int index, int vectors, ClipTokenizer tokenizer) =>
        method.WordsOf(name, index) is { } words ? tokenizer.ContentIds(words).Count : vectors;
}
