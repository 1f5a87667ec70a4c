namespace OrleansOneShot.Compute.FanOut;

/// <summary>The way to other machines that evaluate terms of a training step; called on the run's thread, which it blocks.</summary>
public interface IStepExchange
{
    /// <summary>Most bytes that a payload may have; a run beyond it stays on its own machine.</summary>
    int LargestPayload { get; }

    /// <summary>Asks for other machines, and waits until those that come are ready or the time is over; late ones join at a later step.</summary>
    /// <param name="fingerprint">What the run depends on: a machine whose <see cref="TermWorker.Fingerprint"/> is another one must not help.</param>
    /// <param name="wanted">Most machines wanted.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Machines ready now.</returns>
    int Recruit(string fingerprint, int wanted, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Measures the way to the ready machines and back.</summary>
    /// <param name="bytesThere">Bytes of a step's payload.</param>
    /// <param name="bytesBack">Bytes of a term's answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Seconds for all machines at once; infinite without any.</returns>
    double MeasureTransfer(int bytesThere, int bytesBack, CancellationToken cancellationToken);

    /// <summary>Evaluates all terms of a step (or the rounds of all participants), here and elsewhere.</summary>
    /// <param name="step">The step, from 0; of a round its first one.</param>
    /// <param name="terms">Number of terms.</param>
    /// <param name="payload">What they are evaluated at; nobody changes it afterwards.</param>
    /// <param name="here">Evaluates a term on the calling thread.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The terms' values, in the order of the terms.</returns>
    IReadOnlyList<StepTermValue> Evaluate(
        int step,
        int terms,
        ReadOnlyMemory<byte> payload,
        Func<int, StepTermValue> here,
        CancellationToken cancellationToken
    );

    /// <summary>Gives the other machines back: there is nothing more to spread.</summary>
    void Dismiss();
}
