using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Grains.Engine;

/// <summary>The port to whatever trains. Its only real implementation binds OrleansOneShot.Compute; the grains' own tests use a fake.</summary>
public interface ITrainingEngine
{
    /// <summary>
    /// Does a whole epoch of a job, synchronously, on the calling thread: prepares (or resumes), trains, samples, and leaves the result's files in a folder.
    /// The caller provides a dedicated thread, which this call may block for hours.
    /// </summary>
    /// <param name="job">What to do.</param>
    /// <param name="observer">Where progress and checkpoints go.</param>
    /// <param name="cancellationToken">
    /// Asks to stop between two steps; the engine then commits a checkpoint of its newest step and throws <see cref="OperationCanceledException"/>.
    /// </param>
    /// <returns>The result, not yet published.</returns>
    /// <exception cref="Documents.Errors.OneShotException">The job can't be done; its detail says why.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    EngineResult Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken);

    /// <summary>
    /// Does a whole epoch of a generation, synchronously, on the calling thread: draws its pictures, and leaves the result's files in a folder. Checkpoints and
    /// previews there are none.
    /// </summary>
    /// <param name="job">What to do.</param>
    /// <param name="observer">Where progress goes.</param>
    /// <param name="cancellationToken">Asks to stop between two denoising steps.</param>
    /// <returns>The result, not yet published.</returns>
    /// <exception cref="Documents.Errors.OneShotException">The job can't be done; its detail says why.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    EngineResult Draw(DrawingJob job, IEngineObserver observer, CancellationToken cancellationToken) =>
        throw new Documents.Errors.OneShotException(
            new Documents.Errors.ErrorDetail(Documents.Errors.ErrorCodes.Unavailable, "This silo's engine draws no pictures.")
        );
}

/// <summary>What an engine tells its caller; called from the engine's thread.</summary>
public interface IEngineObserver
{
    /// <summary>Progress; never blocks.</summary>
    /// <param name="update">What happened.</param>
    void Report(ProgressUpdate update);

    /// <summary>Stores a checkpoint and commits it with the job; blocks until it is durable.</summary>
    /// <param name="step">Training steps done.</param>
    /// <param name="path">A local file, which may be deleted when the call returns.</param>
    /// <param name="settled">What the run depends on, the same for all its checkpoints.</param>
    /// <exception cref="Contracts.Errors.StaleEpochException">Another epoch has taken over: stop at once.</exception>
    void CommitCheckpoint(int step, string path, SettledRun? settled = null);

    /// <summary>Tells the job that a checkpoint is damaged, lost or can't be read; blocks until the job goes on from it no more.</summary>
    /// <param name="checkpoint">One of those that the job was started with.</param>
    /// <exception cref="Contracts.Errors.StaleEpochException">Another epoch has taken over: stop at once.</exception>
    void DropCheckpoint(CheckpointReference checkpoint);

    /// <summary>Stores a picture of how it goes; blocks until it is stored.</summary>
    /// <param name="step">Training steps done.</param>
    /// <param name="png">The picture.</param>
    /// <returns>Where it lies in the store.</returns>
    string StorePreview(int step, byte[] png);

    /// <summary>Stores a mask that was made of a box, for later epochs and for other silos' workers; blocks until it is stored.</summary>
    /// <param name="sha256">SHA-256 of its bytes.</param>
    /// <param name="png">The mask.</param>
    void StoreMask(string sha256, byte[] png) => throw new NotSupportedException("Nobody keeps masks here.");
}

/// <summary>What an engine made.</summary>
/// <param name="Folder">Local folder that holds the result's tree, as it is to be published.</param>
/// <param name="Metrics">The measured quality.</param>
/// <param name="Warnings">What the user should know.</param>
/// <param name="Manifest">What the engine adds to the manifest: the base model's hash, all options as used, timings by stage.</param>
public sealed record EngineResult(string Folder, JobMetrics? Metrics, ImmutableArray<string> Warnings, JsonObject Manifest)
{
    /// <summary>The most memory that the run took on its device, in bytes; 0: not known.</summary>
    public long PeakBytes { get; init; }

    /// <summary>What the model takes where a request leaves it open; null: not known.</summary>
    public ModelSteps? Defaults { get; init; }
}

/// <summary>How many steps a model takes where nobody says otherwise.</summary>
/// <param name="Training">Training steps.</param>
/// <param name="Picture">Denoising steps of a picture.</param>
public sealed record ModelSteps(int Training, int Picture);

/// <summary>The port to whatever makes workers for other silos' jobs. The same class as the <see cref="ITrainingEngine"/>'s may implement it.</summary>
public interface ITermEngine
{
    /// <summary>Loads what a job's terms need, synchronously, on the calling thread; the worker is used and disposed of on the same thread.</summary>
    /// <param name="job">The job; it has no checkpoint and no work folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// A worker. What it finds wrong with the job it says as <see cref="Documents.Errors.OneShotException"/>, which crosses to the job's silo; of any other
    /// error that silo sees the sentence alone.
    /// </returns>
    /// <exception cref="Documents.Errors.OneShotException">The job can't be prepared here.</exception>
    ITermWorker Open(EngineJob job, CancellationToken cancellationToken);
}

/// <summary>The port to what an engine's device can do, for a silo's self-test.</summary>
public interface IEngineCheck
{
    /// <summary>Loads what the engine needs, and computes a small thing on a device, synchronously, on the calling thread.</summary>
    /// <param name="device">"cpu" or "cuda:N".</param>
    /// <exception cref="Exception">Whatever an engine would meet there.</exception>
    void Check(string device);
}
