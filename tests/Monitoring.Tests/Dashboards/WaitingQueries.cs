using System.Globalization;
using System.Text;

namespace OrleansOneShot.Monitoring.Tests.Dashboards;

/// <summary>A query that has no values until something happens which tests of real silos do not bring about, and what it shows then.</summary>
/// <param name="Uid">Its dashboard.</param>
/// <param name="Title">Its panel.</param>
/// <param name="Legend">Its legend.</param>
/// <param name="Event">What fills it.</param>
/// <param name="Series">Series as they are after that, with their values at each minute, as promtool reads them.</param>
/// <param name="Values">Labels and values of what the query shows at the tenth minute.</param>
internal sealed record WaitingQuery(
    string Uid,
    string Title,
    string Legend,
    string Event,
    IReadOnlyList<(string Series, string Values)> Series,
    params IReadOnlyList<(string Labels, double Value)> Values
)
{
    /// <summary>Whether the event may, or may not, come about when real silos die.</summary>
    public bool IsByChance { get; init; }

    /// <summary>The name of its test, by which tests of real silos know it.</summary>
    public string Name => $"{Uid}, {Title}, {Legend}: {(IsByChance ? "chance, " : "")}{Event}";
}

/// <summary>All of them, and the tests of promtool that they are.</summary>
internal static class WaitingQueries
{
    private const string Head = """
        # Queries of dashboards that real silos leave empty in tests/EndToEnd.Tests, each filled by what its name says ("chance": silos may fill it, too).
        # Written by tests/Monitoring.Tests: promtool test rules dashboards/prometheus/tests/*.yml
        evaluation_interval: 1m

        tests:

        """;

    // What is lost once a minute, in the five minutes of a query.
    private static readonly (string, double) s_instance = ("{instance=\"a\"}", 5);
    private static readonly (string, double) s_sum = ("{}", 5);

    /// <summary>The queries.</summary>
    public static IReadOnlyList<WaitingQuery> All { get; } =
    [
        FanOut("p50", 0.5),
        FanOut("p95", 0.95),
        new(
            "oneshot-training",
            "Silos that stop",
            "{{instance}}",
            "a silo is asked to stop",
            [("oneshot_drain_started_timestamp_seconds{instance=\"a\"}", "_x4 240x10")],
            ("{instance=\"a\"}", 360)
        ),
        new(
            "oneshot-training",
            "Silos that stop",
            "ended: {{instance}}",
            "a drain ends in a process that lives on",
            [("oneshot_drain_duration_seconds_sum{instance=\"a\"}", "0+60x10")],
            ("{instance=\"a\"}", 1)
        ),
        new(
            "oneshot-training",
            "Steps that were no number",
            "{{model}}",
            "the loss of a step is no number",
            [("oneshot_nonfinite_steps_total{model=\"other\"}", "0x4 1x6")],
            ("{model=\"other\"}", 1)
        ),
        new(
            "oneshot-overview",
            "Errors",
            "5xx a second",
            "the API answers with an error of the server",
            [("http_server_request_duration_seconds_count{http_response_status_code=\"503\"}", "0+60x10")],
            ("{}", 1)
        )
        {
            IsByChance = true,
        },
        Lost("Calls that were late", "{{instance}}", "orleans_app_requests_timedout_total", "a call of a grain times out", s_instance),
        Lost("Messages that did not arrive", "dropped", "orleans_messaging_sent_dropped_total", "a silo dies", s_sum),
        Lost("Messages that did not arrive", "failed", "orleans_messaging_sent_failed_total", "a silo dies", s_sum),
        Lost("Messages that did not arrive", "expired", "orleans_messaging_expired_total", "a message comes too late", s_sum),
        Lost("Messages that did not arrive", "rejected", "orleans_messaging_rejected_total", "a silo refuses a message", s_sum),
        Lost(
            "Probes that were not answered",
            "{{instance}}",
            "orleans_messaging_pings_reply_missed_total",
            "a silo does not answer another one",
            s_instance,
            ("{}", 0)
        ),
    ];

    /// <summary>Makes promtool's tests of them.</summary>
    public static string Write()
    {
        var text = new StringBuilder(Head);
        foreach (var query in All)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - name: '{query.Name}'\n    interval: 1m\n    input_series:\n");
            foreach (var (series, values) in query.Series)
            {
                text.Append(CultureInfo.InvariantCulture, $"      - series: '{series}'\n        values: '{values}'\n");
            }

            var lines = ExpressionOf(query).Split('\n').Select(line => $"          {line.TrimEnd()}\n");
            text.Append("    promql_expr_test:\n      - expr: |\n").AppendJoin("", lines);
            text.Append("        eval_time: 10m\n        exp_samples:\n");
            foreach (var (labels, value) in query.Values)
            {
                text.Append(CultureInfo.InvariantCulture, $"          - labels: '{labels}'\n            value: {value}\n");
            }
        }

        return text.ToString();
    }

    private static string ExpressionOf(WaitingQuery query) =>
        Dashboard
            .All.Single(dashboard => dashboard.Uid == query.Uid)
            .Queries.Single(one => one.Panel.Title == query.Title && one.Query.Legend == query.Legend)
            .Query.Expression.Trim()
            .Replace("$cluster", ".*", StringComparison.Ordinal)
            .Replace("$namespace", ".*", StringComparison.Ordinal)
            .Replace("$pool", ".*", StringComparison.Ordinal)
            .Replace("$__rate_interval", "5m", StringComparison.Ordinal);

    private static WaitingQuery FanOut(string legend, double value) =>
        new(
            "oneshot-training",
            "Fan-out",
            legend,
            "a job borrows slots",
            [("oneshot_fanout_reduce_duration_seconds_bucket{le=\"1\"}", "0+60x10"), ("oneshot_fanout_reduce_duration_seconds_bucket{le=\"+Inf\"}", "0+60x10")],
            ("{}", value)
        );

    private static WaitingQuery Lost(string title, string legend, string series, string happens, params IReadOnlyList<(string Labels, double Value)> values) =>
        new("oneshot-orleans", title, legend, happens, [($"{series}{{instance=\"a\"}}", "0+1x10")], values) { IsByChance = true };
}
