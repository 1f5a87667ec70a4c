using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Progress;

namespace OrleansOneShot.Grains.Engine;

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
}
