using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using OrleansOneShot.Grains.Diagnostics;

namespace OrleansOneShot.Silo.Telemetry;

/// <summary>What a process tells those who operate it, whoever is told.</summary>
internal static class TelemetrySources
{
    private const string OrleansMeter = "Microsoft.Orleans";

    // A scheduler that comes back takes new places, and those of its former gauges are not used again.
    private const int MostMetrics = 10_000;

    // Of what Orleans labels by: what is one of few. Addresses of silos and clients are not, and make a series each for ever.
    private static readonly string[] s_orleansLabels =
    [
        "type",
        "Type",
        "status",
        "Status",
        "direction",
        "Direction",
        "duration",
        "via",
        "operation",
        "grain_type",
        "state_type",
    ];

    /// <summary>Adds the meters: the program's, HTTP's, Orleans' without addresses, and the runtime's.</summary>
    /// <param name="metrics">The metrics.</param>
    /// <returns>The same.</returns>
    public static MeterProviderBuilder AddOneShotMeters(this MeterProviderBuilder metrics) =>
        metrics
            .SetMaxMetricStreams(MostMetrics)
            .AddMeter(OneShotInstruments.MeterName, "Microsoft.AspNetCore.Hosting", OrleansMeter, "System.Runtime")
            .AddView(instrument => instrument.Meter.Name == OrleansMeter ? new MetricStreamConfiguration { TagKeys = s_orleansLabels } : null);

    /// <summary>Adds the sources of spans: clients, HTTP, calls of grains, jobs.</summary>
    /// <param name="traces">The traces.</param>
    /// <returns>The same.</returns>
    public static TracerProviderBuilder AddOneShotSources(this TracerProviderBuilder traces) =>
        traces.AddSource(
            Client.Transport.Telemetry.SourceName,
            "Microsoft.AspNetCore",
            "Microsoft.Orleans.Application",
            // Orleans takes interfaces whose namespace begins with its name for its own, and ours do.
            "Microsoft.Orleans.Runtime",
            JobTrace.SourceName
        );
}
