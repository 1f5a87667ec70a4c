using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>What a run tells its caller; called on the run's thread.</summary>
public interface IImplantationObserver
{
    /// <summary>A stage goes on.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="step">Steps done in it.</param>
    /// <param name="steps">Steps to do in it.</param>
    /// <param name="message">Something people should read, or null.</param>
    void Progress(ImplantationStage stage, int step, int steps, string? message = null);

    /// <summary>A training step is done.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="steps">Steps to do.</param>
    /// <param name="losses">Its losses.</param>
    /// <param name="seconds">How long it took.</param>
    void Step(int step, int steps, StepLosses losses, double seconds);

    /// <summary>Something that the user should know, kept with the result.</summary>
    /// <param name="message">One sentence.</param>
    void Warning(string message);

    /// <summary>What the run depends on is known; called before the first checkpoint.</summary>
    /// <param name="settlement">All that is neither in the options nor in the inputs.</param>
    void Settled(RunSettlement settlement) { }

    /// <summary>A checkpoint lies on disk; it may be deleted when the call returns.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="path">The file.</param>
    void Checkpoint(int step, string path);

    /// <summary>A picture of how it goes.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="png">The picture.</param>
    /// <param name="metrics">Its alignment, as that of samples is measured, without the prototypical embedding's; null without a CLIP.</param>
    void Preview(int step, byte[] png, SampleMetrics? metrics);
}

/// <summary>What a run is doing.</summary>
public enum ImplantationStage
{
    /// <summary>Loads the model, cuts and encodes the picture, finds the prototypical embedding.</summary>
    Preparing = 0,

    /// <summary>Trains.</summary>
    Training = 1,

    /// <summary>Draws and measures the samples, writes the files.</summary>
    Sampling = 2,
}

/// <summary>What a run has found out or measured and its weights depend on: given to a run that begins again, it makes the same weights.</summary>
/// <param name="ModelHash">The base model's hash.</param>
/// <param name="Precision">Float32 or bfloat16.</param>
/// <param name="FanOut">How terms are evaluated, as checkpoints carry it.</param>
/// <param name="ConfigurationHash">The hash of the base model's configuration; null where an earlier version has settled the run.</param>
/// <param name="Defaults">The base model's defaults (<see cref="ModelFolder.DefaultsText"/>); null where an earlier version has settled the run.</param>
public sealed record RunSettlement(string ModelHash, Precision Precision, string FanOut, string? ConfigurationHash = null, string? Defaults = null);
