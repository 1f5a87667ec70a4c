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
    /// <exception cref="Contracts.Errors.StaleEpochException">Another epoch has taken over: stop at once.</exception>
    void CommitCheckpoint(int step, string path);
}
