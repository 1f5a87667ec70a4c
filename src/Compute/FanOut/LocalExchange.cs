namespace OrleansOneShot.Compute.FanOut;

/// <summary>No other machines: every term is evaluated here, in order.</summary>
internal sealed class LocalExchange : IStepExchange
{
    /// <summary>The one instance.</summary>
    public static LocalExchange Instance { get; } = new();

    /// <inheritdoc/>
    public int LargestPayload => int.MaxValue;

    /// <inheritdoc/>
    public int Recruit(string fingerprint, int wanted, TimeSpan patience, CancellationToken cancellationToken) => 0;

    /// <inheritdoc/>
    public double MeasureTransfer(int bytesThere, int bytesBack, CancellationToken cancellationToken) => double.PositiveInfinity;

    /// <inheritdoc/>
    public IReadOnlyList<StepTermValue> Evaluate(
        int step,
        int terms,
        ReadOnlyMemory<byte> payload,
        Func<int, StepTermValue> here,
        CancellationToken cancellationToken
    )
    {
        var values = new StepTermValue[terms];
        for (var term = 0; term < terms; term++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            values[term] = here(term);
        }

        return values;
    }

    /// <inheritdoc/>
    public void Dismiss() { }
}
