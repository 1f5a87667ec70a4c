using System.Text.Json.Serialization;

namespace OrleansOneShot.Chaos;

/// <summary>A fault that happened.</summary>
internal sealed record SufferedFault
{
    /// <summary>What went wrong.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<FaultKind>))]
    public required FaultKind Kind { get; init; }

    /// <summary>Which silo; null for what all share.</summary>
    public required int? Silo { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>When it was over, UTC; a silo that ended was about to start again then.</summary>
    public required DateTimeOffset Ended { get; init; }

    /// <summary>What exactly; null: the kind says it all.</summary>
    public string? How { get; init; }

    /// <summary>The job that was in training a moment before; null: none.</summary>
    public required string? Job { get; init; }

    /// <summary>Its epoch.</summary>
    public required long? Epoch { get; init; }

    /// <summary>Its steps done.</summary>
    public required int? Step { get; init; }

    /// <summary>Whether that job's log agrees: it has training steps before this fault and after it.</summary>
    public bool InTraining { get; init; }

    /// <summary>For people.</summary>
    public override string ToString() => (Silo is { } silo ? $"{Kind} of silo {silo}" : $"{Kind}") + (How is null ? "" : $" ({How})");
}
