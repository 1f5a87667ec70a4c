using System.Collections.Immutable;

namespace OrleansOneShot.Grains.Webhooks;

/// <summary>When a message that did not arrive is tried again: soon at first, and for about a day.</summary>
internal static class WebhookBackoff
{
    /// <summary>Pauses after the first, second, ... try.</summary>
    public static ImmutableArray<TimeSpan> Pauses { get; } =
    [
        TimeSpan.FromSeconds(5),
        TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(2),
        TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(4),
        TimeSpan.FromHours(8),
        TimeSpan.FromHours(8),
    ];

    // So that the messages which a receiver missed together don't come back together.
    private const double MostJitter = 0.1;

    /// <summary>The pause before the next try.</summary>
    /// <param name="attempts">Tries so far, 1 or more.</param>
    /// <param name="wanted">What the receiver asks for; null: nothing. It makes a pause longer, up to the longest one.</param>
    /// <param name="random">From 0 to 1.</param>
    /// <returns>The pause; null: that was the last try.</returns>
    public static TimeSpan? After(int attempts, TimeSpan? wanted, double random)
    {
        if (attempts > Pauses.Length)
        {
            return null;
        }

        var pause = Pauses[attempts - 1] * (1 + (MostJitter * random));
        var asked = wanted > Pauses[^1] ? Pauses[^1] : wanted;
        return asked > pause ? asked : pause;
    }
}
