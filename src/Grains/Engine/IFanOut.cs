namespace OrleansOneShot.Grains.Engine;

/// <summary>What an engine asks of the cluster to spread the terms of its steps; called from the engine's thread, which it blocks.</summary>
public interface IFanOut
{
    /// <summary>Says what helpers must know beside the request; each hears it when it opens. Called before <see cref="Recruit"/>.</summary>
    /// <param name="terms">Text of the engine's own, <see cref="Contracts.FanOut.FanOutLimits.TermsText"/> characters at most.</param>
    void Settle(string terms);

    /// <summary>Asks for other slots, and waits until those that were lent are ready or the time is over. Late ones join at a later step.</summary>
    /// <param name="wanted">Most slots wanted.</param>
    /// <param name="patience">How long to wait for them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Slots ready now.</returns>
    int Recruit(int wanted, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Measures the way to the ready slots and back.</summary>
    /// <param name="bytesThere">Bytes of a step's payload.</param>
    /// <param name="bytesBack">Bytes of a term's answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Seconds for all ready slots at once, the best of up to eight tries; infinite without any.</returns>
    double MeasureTransfer(int bytesThere, int bytesBack, CancellationToken cancellationToken);

    /// <summary>
    /// Evaluates all terms of a step, here and on the ready slots. A term whose slot dies or is late is evaluated by another one or here; none counts twice;
    /// the call ends in any case.
    /// </summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="terms">Number of terms.</param>
    /// <param name="payload">What they are evaluated at.</param>
    /// <param name="here">Evaluates a term on the calling thread.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The terms' values, in the order of the terms.</returns>
    IReadOnlyList<TermValue> Evaluate(int step, int terms, ReadOnlyMemory<byte> payload, Func<int, TermValue> here, CancellationToken cancellationToken);

    /// <summary>Gives all lent slots back.</summary>
    void Dismiss();

    /// <summary>What it came to so far.</summary>
    FanOutFigures Figures { get; }
}
