namespace OrleansOneShot.Grains.Engine;

/// <summary>The port to whatever evaluates terms of another silo's steps. The same class as the <see cref="ITrainingEngine"/>'s may implement it.</summary>
public interface ITermEngine
{
    /// <summary>Loads what a job's terms need, synchronously, on the calling thread; the worker is used and disposed of on the same thread.</summary>
    /// <param name="job">The job; it has no checkpoint and no work folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A worker.</returns>
    /// <exception cref="Contracts.Errors.OneShotException">The job can't be prepared here.</exception>
    ITermWorker Open(EngineJob job, CancellationToken cancellationToken);
}
