using System.Globalization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>Decides whether the terms of a step are worth spreading.</summary>
public static class FanOutChoice
{
    /// <summary>Spreading must be at least that much faster: predictions err, and other machines have other work.</summary>
    public const double Gain = 0.1;

    /// <summary>Decides.</summary>
    /// <param name="measured">What was measured.</param>
    /// <returns>Whether to spread, and why, in a sentence with the figures.</returns>
    public static (bool Spread, string Reason) Decide(FanOutMeasurements measured)
    {
        ArgumentNullException.ThrowIfNull(measured);
        if (measured.Terms < 2)
        {
            return (false, "a step has one term, so there is nothing to spread");
        }

        if (measured.Workers < 1)
        {
            return (false, "no other slot is free");
        }

        var slots = Math.Min(measured.Terms, measured.Workers + 1);
        if (measured.TransferSeconds is not { } transfer)
        {
            return (false, $"the way to {Slots(measured.Workers)} and back could not be measured");
        }

        var rounds = (measured.Terms + slots - 1) / slots;
        var predicted = (rounds * measured.TermSeconds) + transfer + measured.ReduceSeconds;
        var taken = measured.TriedSeconds ?? predicted;
        var spread = taken <= measured.StepSeconds * (1 - Gain);
        var share = (1 - (taken / measured.StepSeconds)) * 100;
        var tried = measured.TriedSeconds is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.###} s a step when tried, predicted {predicted:0.###} s")
            : string.Create(CultureInfo.InvariantCulture, $"{predicted:0.###} s a step");
        return (
            spread,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{measured.Terms} terms on {slots} slots take {tried} ({rounds} x {measured.TermSeconds:0.###} s for terms, {transfer:0.###} s on "
                    + $"the way, {measured.ReduceSeconds:0.####} s to add up), "
                    + $"one slot alone {measured.StepSeconds:0.###} s: {(share >= 0 ? $"{share:0} % less" : $"{-share:0} % more")}, and at least "
                    + $"{Gain * 100:0} % less is asked for"
            )
        );
    }

    private static string Slots(int count) => count == 1 ? "the other slot" : string.Create(CultureInfo.InvariantCulture, $"{count} other slots");
}

/// <summary>What <see cref="FanOutMode.Auto"/> decides by, measured before the first step.</summary>
public sealed record FanOutMeasurements
{
    /// <summary>UNet terms of a step.</summary>
    public required int Terms { get; init; }

    /// <summary>Workers that are ready on borrowed slots.</summary>
    public required int Workers { get; init; }

    /// <summary>Seconds of a whole step on this machine alone.</summary>
    public required double StepSeconds { get; init; }

    /// <summary>Seconds of one term alone.</summary>
    public required double TermSeconds { get; init; }

    /// <summary>Seconds of the way to all workers and back; null when it failed.</summary>
    public required double? TransferSeconds { get; init; }

    /// <summary>Seconds in which the gradients of all terms are added up.</summary>
    public required double ReduceSeconds { get; init; }

    /// <summary>Seconds of a step that was tried with all workers; null when it was not worth trying.</summary>
    public double? TriedSeconds { get; init; }

    /// <summary>Bytes there, a worker and step.</summary>
    public required int PayloadBytes { get; init; }

    /// <summary>Bytes back, a term.</summary>
    public required int AnswerBytes { get; init; }
}
