using System.Collections.Immutable;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>What an instrument tells.</summary>
public enum MetricKind
{
    /// <summary>A sum that only grows.</summary>
    Counter,

    /// <summary>A value of now.</summary>
    Gauge,

    /// <summary>How many values fell into which bucket, and their sum.</summary>
    Histogram,
}

/// <summary>A label of a metric. None holds an id, an address or a folder.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">What stands in it, for people.</param>
public sealed record MetricLabel(string Name, string Values);

/// <summary>One instrument of the meter.</summary>
/// <param name="Name">Its name, with '.' between words.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Unit">Unit by UCUM: "s", "By", or an annotation such as "{job}", which no name shows; null: none.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Source">Which process exports it.</param>
public sealed record MetricDefinition(string Name, MetricKind Kind, string? Unit, string Description, string Source)
{
    /// <summary>Its labels.</summary>
    public ImmutableArray<MetricLabel> Labels { get; init; } = [];

    /// <summary>Upper bounds of a histogram's buckets, in its unit.</summary>
    public ImmutableArray<double> Buckets { get; init; } = [];

    /// <summary>Whether the sum of a counter is a fraction.</summary>
    public bool IsFractional => Kind == MetricKind.Counter && Unit == "s";

    /// <summary>Its name in Prometheus: '_' for '.', the unit, and "_total" for counters. A histogram's series add "_bucket", "_sum" and "_count".</summary>
    public string PrometheusName => $"{Name.Replace('.', '_')}{Suffix}{(Kind == MetricKind.Counter ? "_total" : "")}";

    /// <summary>The names of its series in Prometheus.</summary>
    public IEnumerable<string> SeriesNames =>
        Kind == MetricKind.Histogram ? [$"{PrometheusName}_bucket", $"{PrometheusName}_sum", $"{PrometheusName}_count"] : [PrometheusName];

    private string Suffix =>
        Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
}
