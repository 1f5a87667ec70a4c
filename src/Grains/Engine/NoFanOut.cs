namespace OrleansOneShot.Grains.Engine;

/// <summary>A cluster without other slots: every term is evaluated here.</summary>
public sealed class NoFanOut : IFanOut
{
    /// <summary>The one instance.</summary>
    public static NoFanOut Instance { get; } = new();

    /// <inheritdoc/>
    public FanOutFigures Figures { get; } = new();

    /// <inheritdoc/>
    public void Settle(string terms) { }

    /// <inheritdoc/>
    public int Recruit(int wanted, TimeSpan patience, CancellationToken cancellationToken) => 0;

    /// <inheritdoc/>
    public double MeasureTransfer(int bytesThere, int bytesBack, CancellationToken cancellationToken) => double.PositiveInfinity;

    /// <inheritdoc/>
    public IReadOnlyList<TermValue> Evaluate(int step, int terms, ReadOnlyMemory<byte> payload, Func<int, TermValue> here, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(here);
        return [.. Enumerable.Range(0, terms).Select(here)];
    }

    /// <inheritdoc/>
    public void Dismiss() { }
}
