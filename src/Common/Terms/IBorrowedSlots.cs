using System.Text.Json.Serialization;

namespace OrleansOneShot.Common.Terms;

/// <summary>
/// The slots that a job borrows beside its own, and the way of its steps' terms to the workers there. Called on the thread that runs the job, which it blocks.
/// </summary>
public interface IBorrowedSlots
{
    /// <summary>Most bytes that a payload or a term's answer may have; a job beyond it stays on its own slot.</summary>
    int LargestPayload { get; }

    /// <summary>What it came to so far.</summary>
    FanOutFigures Figures { get; }

    /// <summary>Says what workers must know beside the job's request; each hears it when it opens. Called before <see cref="Recruit"/>.</summary>
    /// <param name="brief">Text of the engine's own, 4,096 characters at most.</param>
    void Settle(string brief);

    /// <summary>
    /// Asks for slots, and waits until the workers on those that were lent are ready or the time is over. Late ones join at a later step.
    /// </summary>
    /// <param name="wanted">Most slots wanted.</param>
    /// <param name="patience">How long to wait for them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Slots ready now.</returns>
    /// <exception cref="OperationCanceledException">It was asked to give up.</exception>
    int Recruit(int wanted, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Measures the way to the ready slots and back.</summary>
    /// <param name="bytesThere">Bytes of a step's payload.</param>
    /// <param name="bytesBack">Bytes of a term's answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Seconds for all ready slots at once, the best of some tries; infinite without any.</returns>
    /// <exception cref="OperationCanceledException">It was asked to give up.</exception>
    double MeasureTransfer(int bytesThere, int bytesBack, CancellationToken cancellationToken);

    /// <summary>
    /// Evaluates all terms of a step, here and on the ready slots. A term whose worker fails, dies or is late is evaluated by another one or here; none counts
    /// twice; the call ends in any case. So no error of a worker is thrown: only what <paramref name="here"/> throws, as it is.
    /// </summary>
    /// <param name="step">The step, from 0; of a round of steps its first one.</param>
    /// <param name="terms">Number of terms.</param>
    /// <param name="payload">What they are evaluated at; nobody changes it during the call.</param>
    /// <param name="here">Evaluates a term on the calling thread.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The terms' values, in the order of the terms.</returns>
    /// <exception cref="OperationCanceledException">It was asked to give up.</exception>
    IReadOnlyList<TermValue> Evaluate(int step, int terms, ReadOnlyMemory<byte> payload, Func<int, TermValue> here, CancellationToken cancellationToken);

    /// <summary>Gives all borrowed slots back: there is nothing more to spread.</summary>
    void Dismiss();
}

/// <summary>Nobody lends: every term is evaluated here, in order.</summary>
public sealed class NoBorrowedSlots : IBorrowedSlots
{
    /// <summary>The one instance.</summary>
    public static NoBorrowedSlots Instance { get; } = new();

    /// <inheritdoc/>
    public int LargestPayload => int.MaxValue;

    /// <inheritdoc/>
    public FanOutFigures Figures { get; } = new();

    /// <inheritdoc/>
    public void Settle(string brief) { }

    /// <inheritdoc/>
    public int Recruit(int wanted, TimeSpan patience, CancellationToken cancellationToken) => 0;

    /// <inheritdoc/>
    public double MeasureTransfer(int bytesThere, int bytesBack, CancellationToken cancellationToken) => double.PositiveInfinity;

    /// <inheritdoc/>
    public IReadOnlyList<TermValue> Evaluate(int step, int terms, ReadOnlyMemory<byte> payload, Func<int, TermValue> here, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(here);
        var values = new TermValue[terms];
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

/// <summary>What a job's fan-out came to, for the manifest and the metrics.</summary>
public sealed record FanOutFigures
{
    /// <summary>Steps whose terms were spread.</summary>
    public int Steps { get; init; }

    /// <summary>Most slots that worked for the job at once, its own included.</summary>
    [JsonPropertyName("participants")] // as manifests have it
    public int Slots { get; init; } = 1;

    /// <summary>Payload bytes sent.</summary>
    public long BytesSent { get; init; }

    /// <summary>Payload bytes received.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Seconds in which the job's own slot had nothing to do but wait for workers.</summary>
    public double SecondsWaited { get; init; }

    /// <summary>Terms evaluated again because their worker died or was late.</summary>
    public int TermsRepeated { get; init; }

    /// <summary>Workers given up: dead, their slot taken back, or late twice.</summary>
    public int WorkersDropped { get; init; }

    /// <summary>Answers thrown away: of another step, or a second one.</summary>
    public int AnswersDropped { get; init; }
}
