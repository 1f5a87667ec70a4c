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
    /// <exception cref="Contracts.Errors.OneShotException">The job can't be done; its detail says why.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    EngineResult Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken);
}
