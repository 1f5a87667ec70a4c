using OrleansOneShot.Common.Terms;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Silo.Tests.Engine;

/// <summary>One borrowed slot, inside the test: its worker evaluates every second term, the last one first.</summary>
internal sealed class OneBorrowedSlot(ITermEngine engine) : IBorrowedSlots, IDisposable
{
    private ITermWorker? _worker;
    private FanOutFigures _figures = new();

    /// <summary>The job that borrows, once it is known.</summary>
    public EngineJob? Job { get; set; }

    public int LargestPayload => FanOutLimits.PayloadBytes;

    public FanOutFigures Figures => _figures;

    /// <summary>What the job's slot has settled.</summary>
    public string? Brief { get; private set; }

    public void Settle(string brief) => Brief = brief;

    public int Recruit(int wanted, TimeSpan patience, CancellationToken cancellationToken)
    {
        _worker ??= engine.Open(Job! with { WorkFolder = "", BorrowedSlots = NoBorrowedSlots.Instance, Brief = Brief }, cancellationToken);
        return 1;
    }

    public double MeasureTransfer(int bytesThere, int bytesBack, CancellationToken cancellationToken) => 0;

    public IReadOnlyList<TermValue> Evaluate(int step, int terms, ReadOnlyMemory<byte> payload, Func<int, TermValue> here, CancellationToken cancellationToken)
    {
        var values = new TermValue[terms];
        for (var term = terms - 1; term >= 0; term--)
        {
            values[term] = term % 2 == 1 ? _worker!.Evaluate(step, term, payload, cancellationToken) : here(term);
        }

        _figures = _figures with { Steps = _figures.Steps + 1, Slots = 2, BytesSent = _figures.BytesSent + payload.Length };
        return values;
    }

    public void Dismiss() { }

    public void Dispose() => _worker?.Dispose();
}
