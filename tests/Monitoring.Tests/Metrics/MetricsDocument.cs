using System.Globalization;
using System.Text;
using OrleansOneShot.Grains.Diagnostics;

namespace OrleansOneShot.Monitoring.Tests.Metrics;

/// <summary>Makes docs/METRICS.md of the table of instruments.</summary>
internal static class MetricsDocument
{
    /// <summary>Writes it.</summary>
    public static string Write()
    {
        var text = new StringBuilder(Head);
        foreach (var row in MetricTable.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n### `{row.PrometheusName}`\n");
            text.Append(CultureInfo.InvariantCulture, $"{Kind(row.Kind)} of {row.Source}; instrument `{row.Name}`{Unit(row)}.\n{row.Description}\n");
            if (!row.Labels.IsEmpty)
            {
                text.Append('\n');
            }
            foreach (var label in row.Labels)
            {
                text.Append(CultureInfo.InvariantCulture, $"* `{label.Name}`: {label.Values}\n");
            }
            if (!row.Buckets.IsEmpty)
            {
                text.Append("\nBuckets: ").AppendJoin(' ', row.Buckets.Select(bound => bound.ToString(CultureInfo.InvariantCulture))).Append('\n');
            }
        }

        return text.Append(Foot).ToString();
    }

    private static string Kind(MetricKind kind) => kind.ToString();

    private static string Unit(MetricDefinition row) =>
        row.Unit switch
        {
            "s" => ", in seconds",
            "By" => ", in bytes",
            _ => "",
        };

    private const string Head = """
        # Metrics

        This page is written by `tests/Monitoring.Tests` from the table of instruments (`src/Grains/Diagnostics/MetricTable.cs`); change it there.
        `oneshot serve --management-urls http://127.0.0.1:9464` answers `/metrics` in Prometheus' format, without keys and apart from the API.
        With `OTEL_EXPORTER_OTLP_ENDPOINT` set, the same metrics, and traces, go to a collector by OTLP; without it nothing is sent anywhere.

        * No label holds an id, an address or a folder.
          `model` is the name of a shipped model, or one that `ONESHOT_METRIC_MODELS` lists (names with commas between, 32 at most); all others are `other`.
        * What the scheduler knows is exported by the one silo that it lives on, and is gone from there when it moves; so sums count nothing twice.
        * Counters of jobs are exported by the silo that a job's grain lives on, which need not be the one that trains.
        * Counters begin at 0 with each process, as Prometheus' `rate` and `increase` expect.
        * Histograms have buckets of their own, in the instrument's unit.
        * [dashboards](../dashboards) has Grafana dashboards, rules and alerts over these names, [RUNBOOKS.md](RUNBOOKS.md) what to do when one fires.

        ## The program's own

        """;

    private const string Foot = """

        ## Others'
        * HTTP: `http_server_request_duration_seconds` and `http_server_active_requests` of ASP.NET Core.
          The former is by `http_route`, `http_request_method` and `http_response_status_code`.
          The management listener's own calls are not among them.
        * The runtime: `dotnet_*` of the meter `System.Runtime`: collections, heap, thread pool, exceptions, processor time.
        * Orleans: `orleans_*`, without labels that hold addresses.
          `orleans_app_requests_latency_milliseconds_*` counts bands of milliseconds: take its mean, never `histogram_quantile` of it.

        `tests/Goldens/telemetry/scrape-names.txt` has every name that a silo has shown after a job, and a test compares it with a running one.

        ## Scaling
        `oneshot_slots_wanted` is what a pool of trainers should be scaled to: slots that work for a job of their own, and waiting jobs.
        It counts no job that needs another device, or more memory, than any slot has, since more slots of the same kind would not help it.
        While there is no slot at all it counts every job.
        Lent slots are not wanted: they help other slots' jobs only as long as nobody else needs them.

        ## Traces
        Spans follow a job from the client (`OrleansOneShot.Client`) over HTTP (`Microsoft.AspNetCore`) and calls of grains (`Microsoft.Orleans.*`).
        What works for it (`OrleansOneShot`) makes `oneshot queued` and `oneshot epoch`.
        Within the latter are `oneshot preparing`, `oneshot training`, `oneshot sampling`, `oneshot publishing`, and `oneshot checkpoint`.
        Their tags `oneshot.job` and `oneshot.epoch` name the job.
        No span tells of a single step: the histogram of steps does.
        A job keeps the trace of the call that submitted it, through every epoch and on every silo.
        What silos say to each other for no job's sake is not recorded, unless `OTEL_TRACES_SAMPLER` says otherwise.

        ## Logs
        `ONESHOT_LOG_FORMAT=json` makes each line of the log a JSON object: `time`, `level`, `logger`, `message`, `exception`, and what the line names.
        Lines of a job have `job`, `epoch` and `trace`.
        `ONESHOT_LOG_COPY=stderr` writes every line to standard error as well, as containers expect.
        `ONESHOT_LOG_LEVEL` sets how much there is.

        """;
}
