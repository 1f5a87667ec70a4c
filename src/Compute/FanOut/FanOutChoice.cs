using System.Globalization;

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

        var participants = Math.Min(measured.Terms, measured.Workers + 1);
        if (measured.TransferSeconds is not { } transfer)
        {
            return (false, $"the way to {Slots(measured.Workers)} and back could not be measured");
        }

        var rounds = (measured.Terms + participants - 1) / participants;
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
                $"{measured.Terms} terms on {participants} slots take {tried} ({rounds} x {measured.TermSeconds:0.###} s for terms, {transfer:0.###} s on "
                    + $"the way, {measured.ReduceSeconds:0.####} s to add up), "
                    + $"one slot alone {measured.StepSeconds:0.###} s: {(share >= 0 ? $"{share:0} % less" : $"{-share:0} % more")}, and at least "
                    + $"{Gain * 100:0} % less is asked for"
            )
        );
    }

    private static string Slots(int count) => count == 1 ? "the other slot" : string.Create(CultureInfo.InvariantCulture, $"{count} other slots");
}
