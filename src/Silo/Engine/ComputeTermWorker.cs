using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Silo.Engine;

/// <summary>Compute's worker, as the grains know it.</summary>
/// <param name="worker">The worker; owned.</param>
/// <param name="memory">Its place among the runs of this process, whose memory it shares; owned.</param>
internal sealed class ComputeTermWorker(TermWorker worker, PeakMeasurement memory) : ITermWorker
{
    /// <inheritdoc/>
    public TermValue Evaluate(int step, int term, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken) =>
        EngineErrors.Translate(() => FanOutExchange.Out(worker.Evaluate(step, term, payload, cancellationToken)));

    /// <inheritdoc/>
    public void Dispose()
    {
        worker.Dispose();
        memory.Dispose();
    }
}
