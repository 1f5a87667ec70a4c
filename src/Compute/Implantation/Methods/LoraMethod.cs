using OrleansOneShot.Compute.Method;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>
/// Plain LoRA (diffusers' <c>train_dreambooth_lora.py</c> without prior preservation): the words "sks cat" call the object, nothing of a text is learned,
/// and the loss is that of the whole picture.
/// </summary>
internal sealed class LoraMethod : ITrainingMethod
{
    private LoraMethod() { }

    /// <summary>The method.</summary>
    public static LoraMethod Instance { get; } = new();

    /// <inheritdoc/>
    public bool Spreads => false;

    /// <inheritdoc/>
    public IReadOnlyList<string> Templates => [];

    /// <inheritdoc/>
    public string? WordsOf(string name, int index) => InstanceWords.Of(name, index);

    /// <inheritdoc/>
    public ITrainedParts CreateParts(MethodRun run) => LoraParts.Create(run, InstanceWords.VectorsOf(run));

    /// <inheritdoc/>
    public ITrainingObjective CreateObjective(MethodRun run) => WholePicture.Objective(run, [run.Preparation.Prompts.Global]);

    /// <inheritdoc/>
    public Func<int, int, StepDraw> CreateDraws(MethodRun run) => WholePicture.Draws(run, run.Preparation.Posterior, run.Preparation.Augmented).Draw;

    /// <inheritdoc/>
    public IReadOnlyList<PrototypeCurve> Start(MethodRun run, ITrainedParts parts) => [];
}
