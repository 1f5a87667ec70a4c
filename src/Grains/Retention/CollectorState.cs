namespace OrleansOneShot.Grains.Retention;

/// <summary>What the collector remembers.</summary>
[GenerateSerializer, Alias("oneshot.CollectorState")]
internal sealed record CollectorState
{
    /// <summary>When the last collection began; null: never.</summary>
    [Id(0)]
    public DateTimeOffset? Last { get; init; }
}
