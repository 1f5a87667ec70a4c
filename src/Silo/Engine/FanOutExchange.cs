using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Silo.Engine;

/// <summary>The grains' way to other slots, as Compute knows it.</summary>
/// <param name="job">The job.</param>
/// <param name="precision">What its terms are computed in.</param>
internal sealed class FanOutExchange(EngineJob job, Precision precision) : IStepExchange
{
    /// <inheritdoc/>
    public int LargestPayload => FanOutLimits.PayloadBytes;

    /// <inheritdoc/>
    public int Recruit(string fingerprint, int wanted, TimeSpan patience, CancellationToken cancellationToken)
    {
        // Before anyone is asked: a helper hears it when it opens.
        job.FanOut.Settle(new FanOutTerms(fingerprint, precision).ToText());
        return job.FanOut.Recruit(wanted, patience, cancellationToken);
    }

    /// <inheritdoc/>
    public double MeasureTransfer(int bytesThere, int bytesBack, CancellationToken cancellationToken) =>
        job.FanOut.MeasureTransfer(bytesThere, bytesBack, cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<StepTermValue> Evaluate(
        int step,
        int terms,
        ReadOnlyMemory<byte> payload,
        Func<int, StepTermValue> here,
        CancellationToken cancellationToken
    )
    {
        var values = job.FanOut.Evaluate(step, terms, payload, term => Out(here(term)), cancellationToken);
        return [.. values.Select(v => new StepTermValue(v.Payload, v.Losses))];
    }

    /// <inheritdoc/>
    public void Dismiss() => job.FanOut.Dismiss();

    /// <summary>A value as the grains know it.</summary>
    /// <param name="value">Compute's.</param>
    internal static TermValue Out(StepTermValue value) => new(value.Payload, value.Losses);
}
