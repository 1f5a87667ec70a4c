namespace OrleansOneShot.Grains.Training;

/// <summary>The runs of this silo.</summary>
public interface ITrainingHost
{
    /// <summary>Number of runs that have not ended.</summary>
    int Active { get; }

    /// <summary>
    /// Takes no more jobs, asks every engine to stop at its next step, and waits until each has committed a checkpoint and given its job back. A stopping silo
    /// does this by itself.
    /// </summary>
    /// <param name="requeue">Whether the jobs are queued again at once; otherwise they wait for the next process that resumes.</param>
    /// <param name="cancellationToken">Ends the wait; the runs are then abandoned, and resume from their last checkpoint.</param>
    /// <returns>When all have ended.</returns>
    Task StopAllAsync(bool requeue, CancellationToken cancellationToken = default);
}
