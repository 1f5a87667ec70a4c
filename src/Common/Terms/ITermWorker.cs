using System.Collections.Immutable;

namespace OrleansOneShot.Common.Terms;

/// <summary>
/// Evaluates terms of somebody else's job. A term is the part of a training step (or of a round of steps) that can be evaluated apart from the others. Not
/// thread-safe: a worker lives on one thread.
/// </summary>
public interface ITermWorker : IDisposable
{
    /// <summary>Evaluates a term. The same arguments give the same bits, on whichever silo.</summary>
    /// <param name="step">The step, from 0; of a round its first one.</param>
    /// <param name="term">Number of the term within the step.</param>
    /// <param name="payload">What to evaluate it at, as the job's engine packed it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The value.</returns>
    /// <exception cref="OperationCanceledException">It was asked to give up.</exception>
    /// <exception cref="Exception">
    /// This worker can't evaluate it: the step has no such term, the payload has another size than the job's, a loss is no number, or the machine fails. All
    /// mean the same to the job, which has the term evaluated elsewhere; who lends the slot says which of its errors they are.
    /// </exception>
    TermValue Evaluate(int step, int term, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken);
}

/// <summary>The value of one term, as it travels.</summary>
/// <param name="Payload">
/// Gradients of everything that trains (or weights and moments after a round), packed by the engine; the bytes belong to whoever gets them.
/// </param>
/// <param name="Losses">The term's losses, as the engine orders them.</param>
public sealed record TermValue(ReadOnlyMemory<byte> Payload, ImmutableArray<double> Losses);
