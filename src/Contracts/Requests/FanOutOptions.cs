namespace OrleansOneShot.Contracts.Requests;

/// <summary>How a job's steps are spread over silos.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.FanOutOptions")]
public sealed record FanOutOptions
{
    /// <summary>Most steps between two averages.</summary>
    public const int MaxPeriod = 10_000;

    /// <summary>Where the terms of a step are evaluated.</summary>
    [Id(0)]
    public FanOutMode Mode { get; init; }

    /// <summary>N of <see cref="FanOutMode.Periodic"/>: steps between two averages, 1 to <see cref="MaxPeriod"/>; 0 for the other modes.</summary>
    [Id(1)]
    public int Period { get; init; }
}
