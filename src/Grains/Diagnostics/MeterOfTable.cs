using System.Diagnostics.Metrics;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>Makes instruments of the table's rows.</summary>
/// <param name="meter">The meter.</param>
internal sealed class MeterOfTable(Meter meter)
{
    /// <summary>A sum that only grows.</summary>
    /// <param name="row">Its row.</param>
    /// <returns>The instrument.</returns>
    public Counter<long> Counter(MetricDefinition row) => meter.CreateCounter<long>(row.Name, row.Unit, row.Description);

    /// <summary>A gauge that is told of changes.</summary>
    /// <param name="row">Its row.</param>
    /// <returns>The instrument.</returns>
    public UpDownCounter<long> UpDownCounter(MetricDefinition row) => meter.CreateUpDownCounter<long>(row.Name, row.Unit, row.Description);

    /// <summary>A gauge that is told of values.</summary>
    /// <param name="row">Its row.</param>
    /// <returns>The instrument.</returns>
    public Gauge<long> Gauge(MetricDefinition row) => meter.CreateGauge<long>(row.Name, row.Unit, row.Description);

    /// <summary>A histogram with the row's buckets.</summary>
    /// <param name="row">Its row.</param>
    /// <returns>The instrument.</returns>
    public Histogram<double> Histogram(MetricDefinition row) =>
        meter.CreateHistogram<double>(
            row.Name,
            row.Unit,
            row.Description,
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = row.Buckets }
        );

    /// <summary>A value that is asked for at each scrape.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="row">Its row.</param>
    /// <param name="observe">Gives it; called on any thread.</param>
    public void Observe<T>(MetricDefinition row, Func<IEnumerable<Measurement<T>>> observe)
        where T : struct
    {
        if (row.Kind == MetricKind.Counter)
        {
            meter.CreateObservableCounter<T>(row.Name, observe, row.Unit, row.Description);
        }
        else
        {
            meter.CreateObservableGauge<T>(row.Name, observe, row.Unit, row.Description);
        }
    }
}
