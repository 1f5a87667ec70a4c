using Microsoft.Extensions.Logging;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Training;

/// <summary>What a run needs of its silo.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Store">The store.</param>
/// <param name="Grains">The way to grains.</param>
/// <param name="Options">Options.</param>
/// <param name="Instruments">Metrics.</param>
/// <param name="Logger">Log.</param>
internal sealed record TrainingServices(
    ITrainingEngine Engine,
    IArtifactStore Store,
    IGrainFactory Grains,
    OneShotGrainsOptions Options,
    OneShotInstruments Instruments,
    ILogger Logger
)
{
    /// <summary>
    /// Keeps this silo from further jobs until it has passed its self-test; ends when the scheduler knows. Given what happened, as the end of a sentence.
    /// </summary>
    public required Func<string, Task> Quarantine { get; init; }

    /// <summary>Called when a job has come to its end here.</summary>
    public required Action Worked { get; init; }
}
