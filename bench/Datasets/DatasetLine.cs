using System.Text.Json.Serialization;

namespace OrleansOneShot.Bench.Datasets;

/// <summary>A look at a run.</summary>
internal sealed record DatasetLine
{
    /// <summary>Items that have their result.</summary>
    [JsonPropertyName("items")]
    public required int Items { get; init; }

    /// <summary>Milliseconds an item, over the last hundred or so before the look.</summary>
    [JsonPropertyName("ms_an_item")]
    public required double Milliseconds { get; init; }

    /// <summary>Managed memory in use after a full collection, in MiB, with idle jobs put away.</summary>
    [JsonPropertyName("managed_mib")]
    public required double ManagedMib { get; init; }

    /// <summary>Memory of the process, in MiB.</summary>
    [JsonPropertyName("resident_mib")]
    public required double ResidentMib { get; init; }

    /// <summary>Milliseconds of a page of 500 items, the median of five.</summary>
    [JsonPropertyName("page_ms")]
    public required double PageMilliseconds { get; init; }
}
