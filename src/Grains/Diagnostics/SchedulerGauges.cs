using System.Diagnostics.Metrics;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>
/// What the scheduler knows, as gauges of the silo that it lives on. They live and die with its activation: after it has moved, the old silo's series are gone,
/// so that nothing counts twice.
/// </summary>
internal sealed class SchedulerGauges : IDisposable
{
    private readonly Meter _meter;
    private volatile SchedulerFigures? _figures;

    /// <summary>Begins to export; nothing is shown before the first figures.</summary>
    /// <param name="meter">A meter of its own; owned.</param>
    /// <param name="clock">The clock.</param>
    public SchedulerGauges(Meter meter, TimeProvider clock)
    {
        _meter = meter;
        var table = new MeterOfTable(meter);
        table.Observe(MetricTable.QueueDepth, () => One(_figures?.Queued));
        table.Observe(MetricTable.QueueStartable, () => One(_figures?.Startable));
        table.Observe(MetricTable.SlotsWanted, () => One(_figures?.Wanted));
        // An exporter would go on showing the last value of what is not observed, so an empty queue has an age of 0.
        table.Observe<double>(
            MetricTable.QueueOldest,
            () => _figures is { } figures ? [new Measurement<double>((figures.Oldest ?? clock.GetUtcNow()).ToUnixTimeMilliseconds() / 1000.0)] : []
        );
        table.Observe(
            MetricTable.QueueUnfit,
            () => Labelled("reason", figures => [("none_fits", figures.NoneFits), ("withheld", figures.OnlyWithheld), ("no_slots", figures.NoSlots)])
        );
        table.Observe(
            MetricTable.Slots,
            () => Labelled("state", figures => [("free", figures.Free), ("leased", figures.Leased), ("lent", figures.Lent), ("withheld", figures.Withheld)])
        );
    }

    /// <summary>The numbers changed.</summary>
    /// <param name="figures">What they are now.</param>
    public void Set(SchedulerFigures figures) => _figures = figures;

    public void Dispose()
    {
        _figures = null;
        _meter.Dispose();
    }

    private static IEnumerable<Measurement<long>> One(long? value) => value is { } known ? [new Measurement<long>(known)] : [];

    private IEnumerable<Measurement<long>> Labelled(string label, Func<SchedulerFigures, IEnumerable<(string Value, int Count)>> select) =>
        _figures is { } figures ? select(figures).Select(one => new Measurement<long>(one.Count, new KeyValuePair<string, object?>(label, one.Value))) : [];
}

/// <summary>The scheduler's numbers at one moment.</summary>
internal sealed record SchedulerFigures
{
    /// <summary>Jobs that wait.</summary>
    public required int Queued { get; init; }

    /// <summary>Since when the job that has waited longest does; null: none waits.</summary>
    public DateTimeOffset? Oldest { get; init; }

    /// <summary>Waiting jobs that need another device, or more memory, than any slot has.</summary>
    public int NoneFits { get; init; }

    /// <summary>Waiting jobs that would fit slots of silos alone that take no jobs.</summary>
    public int OnlyWithheld { get; init; }

    /// <summary>Waiting jobs while there is no slot at all.</summary>
    public int NoSlots { get; init; }

    /// <summary>Waiting jobs for which a slot that fits is free.</summary>
    public int Startable { get; init; }

    /// <summary>Slots that are neither leased nor lent.</summary>
    public required int Free { get; init; }

    /// <summary>Slots that work for their own job.</summary>
    public required int Leased { get; init; }

    /// <summary>Slots lent to jobs that run elsewhere.</summary>
    public required int Lent { get; init; }

    /// <summary>Slots of silos that take no jobs, without leased and lent ones.</summary>
    public int Withheld { get; init; }

    /// <summary>Whether the cluster is drained.</summary>
    public bool Drained { get; init; }

    /// <summary>Slots that would be used now, were there as many.</summary>
    public int Wanted => Drained ? Leased : Leased + Queued - NoneFits;
}
