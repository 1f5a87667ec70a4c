using System.Collections.Immutable;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Jobs;

/// <summary>What a job would take that has not been submitted.</summary>
public sealed record ImplantationEstimate
{
    /// <summary>Kind of device that it would run on, "cpu" or "cuda"; null: no slot would do, and <see cref="Warnings"/> says why.</summary>
    [FieldNumber(0)]
    public string? Device { get; init; }

    /// <summary>How long it would work once it has started, by the latest jobs of its kind; null: there was none.</summary>
    [FieldNumber(1)]
    public SecondsRange? Seconds { get; init; }

    /// <summary>Memory of the device that its like took at most, in bytes, rounded up; null: not known.</summary>
    [FieldNumber(2)]
    public long? PeakBytes { get; init; }

    /// <summary>SHA-256 of what its owner has to upload before it can be submitted.</summary>
    [FieldNumber(3)]
    public ImmutableArray<string> MissingBlobs { get; init; } = [];

    /// <summary>Its place in the queue if it were submitted now, 1 for the next; null: no slot would do.</summary>
    [FieldNumber(4)]
    public int? QueuePosition { get; init; }

    /// <summary>What its owner should know, each one sentence.</summary>
    [FieldNumber(5)]
    public ImmutableArray<string> Warnings { get; init; } = [];
}

/// <summary>From the least to the most that is expected.</summary>
/// <param name="From">Seconds.</param>
/// <param name="To">Seconds, not fewer.</param>
public sealed record SecondsRange([property: FieldNumber(0)] double From, [property: FieldNumber(1)] double To);
