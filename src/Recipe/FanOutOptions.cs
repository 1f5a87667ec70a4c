using System.Globalization;

namespace OrleansOneShot.Recipe;

/// <summary>How a job's steps are spread over silos.</summary>
public sealed record FanOutOptions : ISettingRules
{
    /// <summary>Most steps between two averages.</summary>
    public const int MaxPeriod = 10_000;

    private const string PeriodicPrefix = "periodic:";

    /// <summary>Where the terms of a step are evaluated.</summary>
    [FieldNumber(0)]
    public FanOutMode Mode { get; init; }

    /// <summary>N of <see cref="FanOutMode.Periodic"/>: steps between two averages, 1 to <see cref="MaxPeriod"/>; 0 for the other modes.</summary>
    [FieldNumber(1)]
    public int Period { get; init; }

    /// <summary>Reads <c>auto</c>, <c>local</c>, <c>synchronous</c> or <c>periodic:N</c>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The options; null if it can't be read.</returns>
    public static FanOutOptions? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text switch
        {
            "auto" => new FanOutOptions(),
            "local" => new FanOutOptions { Mode = FanOutMode.Local },
            "synchronous" => new FanOutOptions { Mode = FanOutMode.Synchronous },
            _ when text.StartsWith(PeriodicPrefix, StringComparison.Ordinal)
                    && int.TryParse(text.AsSpan(PeriodicPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var period)
                    && period is >= 1 and <= MaxPeriod => new FanOutOptions { Mode = FanOutMode.Periodic, Period = period },
            _ => null,
        };
    }

    /// <summary>What <see cref="Read"/> reads.</summary>
    public override string ToString() => Mode == FanOutMode.Periodic ? FormattableString.Invariant($"{PeriodicPrefix}{Period}") : Setting.WordOf(Mode);

    /// <inheritdoc/>
    public IEnumerable<SettingProblem> Find(string field)
    {
        var period = $"{field}.period";
        if (Mode == FanOutMode.Periodic)
        {
            if (Period is < 1 or > MaxPeriod)
            {
                yield return new SettingProblem(period, FormattableString.Invariant($"{period} is {Period}; it must be from 1 to {MaxPeriod}."));
            }
        }
        else if (Period != 0)
        {
            yield return new SettingProblem(period, FormattableString.Invariant($"{period} is {Period}, which only the mode periodic takes; leave it 0."));
        }
    }
}

/// <summary>Where the terms of a training step are evaluated.</summary>
public enum FanOutMode
{
    /// <summary><see cref="Local"/> or <see cref="Synchronous"/>, by what was measured when the job began.</summary>
    Auto = 0,

    /// <summary>All terms on the job's own slot.</summary>
    Local = 1,

    /// <summary>Terms on several silos; gradients are reduced every step, in the order of the terms.</summary>
    Synchronous = 2,

    /// <summary>Each participant takes N steps on its own combinations, then weights and moments are averaged: another algorithm, only on request.</summary>
    Periodic = 3,
}
