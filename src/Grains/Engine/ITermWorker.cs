namespace OrleansOneShot.Grains.Engine;

/// <summary>Evaluates terms of one job. Not thread-safe: it lives on one thread.</summary>
public interface ITermWorker : IDisposable
{
    /// <summary>Evaluates a term. The same arguments give the same bits, on whichever silo.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="term">Number of the term within the step.</param>
    /// <param name="payload">What to evaluate it at, as the coordinator's engine packed it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The value.</returns>
    /// <exception cref="Contracts.Errors.OneShotException">invalid_input: the payload has another size than the job's weights.</exception>
    TermValue Evaluate(int step, int term, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken);
}
