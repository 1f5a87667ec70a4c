using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>
/// Textual Inversion (Gal et al. 2022; diffusers' <c>textual_inversion.py</c>): token vectors alone train, from the class name's, over prompts of several
/// forms and the picture or its mirror image, by the loss of the whole picture. All other rows of the vocabulary, the text encoder and the UNet stay as they
/// are.
/// </summary>
internal sealed class TextualInversionMethod : ITrainingMethod
{
    private TextualInversionMethod() { }

    /// <summary>The method.</summary>
    public static TextualInversionMethod Instance { get; } = new();

    /// <inheritdoc/>
    public bool Spreads => false;

    /// <inheritdoc/>
    public IReadOnlyList<string> Templates { get; } =
    [
        "a photo of a {}",
        "a photo of the {}",
        "a photo of one {}",
        "a good photo of a {}",
        "a bright photo of the {}",
        "a dark photo of a {}",
        "a close-up photo of the {}",
        "a cropped photo of a {}",
        "a picture of a {}",
        "a rendering of the {}",
    ];

    /// <inheritdoc/>
    public string? WordsOf(string name, int index) => null;

    /// <inheritdoc/>
    public ITrainedParts CreateParts(MethodRun run) => new VectorParts(IdentifierVectors.Learned(run), run.Options.LearningRate);

    /// <inheritdoc/>
    public ITrainingObjective CreateObjective(MethodRun run) =>
        WholePicture.Objective(run, [.. run.Preparation.Texts.Choices.Select(text => run.Preparation.Keep(run.Ids(text)))]);

    /// <inheritdoc/>
    public Func<int, int, StepDraw> CreateDraws(MethodRun run)
    {
        var (seed, prompts) = (run.Options.Seed, run.Preparation.Texts.Choices.Count);
        var (straight, mirrored) = (WholePicture.Draws(run, run.Preparation.Posterior), WholePicture.Draws(run, Mirrored(run)));
        return (step, participant) =>
        {
            using var flips = new KeyedRandom(seed, step, RandomPurpose.Augmentation);
            using var choices = new KeyedRandom(seed, step, RandomPurpose.PromptChoice);
            var draw = (flips.Uniform() < 0.5 ? mirrored : straight).Draw(step, participant);
            return draw with { Prompt = choices.Integer(prompts) };
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<PrototypeCurve> Start(MethodRun run, ITrainedParts parts) => IdentifierVectors.Start(run, parts);

    private static VaePosterior Mirrored(MethodRun run)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (models, preparation) = (run.Models, run.Preparation);
        var posterior = models.Vae.Encode(ImageTensors.ToModelInput(preparation.Crop.Image).flip(3).to(models.Device));
        return new VaePosterior(preparation.Keep(posterior.Mean), preparation.Keep(posterior.LogVariance));
    }

    /// <summary>Token vectors alone.</summary>
    private sealed class VectorParts(IdentifierVectors vectors, double learningRate) : ITrainedParts
    {
        /// <inheritdoc/>
        public IReadOnlyList<ParameterGroup> Groups { get; } = [.. vectors.Groups(learningRate)];

        /// <inheritdoc/>
        public Tensor Vectors => vectors.Values;

        /// <inheritdoc/>
        public void Attach() { }

        /// <inheritdoc/>
        public void Detach() { }

        /// <inheritdoc/>
        public ILearnedChange? Use() => null;

        /// <inheritdoc/>
        public void Write(string folder, ModelSpec spec) { }

        /// <inheritdoc/>
        public void Dispose() => vectors.Dispose();
    }
}
