using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Silo.Engine;

/// <summary>Compute's worker, as the grains know it.</summary>
/// <param name="worker">The worker; owned.</param>
internal sealed class ComputeTermWorker(TermWorker worker) : ITermWorker
{
    /// <inheritdoc/>
    public TermValue Evaluate(int step, int term, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken) =>
        EngineErrors.Translate(() => FanOutExchange.Out(worker.Evaluate(step, term, payload, cancellationToken)));

    /// <inheritdoc/>
    public void Dispose() => worker.Dispose();
}
