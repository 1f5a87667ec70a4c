using static OrleansOneShot.Monitoring.Tests.Dashboards.Dashboard;
using static OrleansOneShot.Monitoring.Tests.Dashboards.Panel;

namespace OrleansOneShot.Monitoring.Tests.Dashboards;

/// <summary>What silos say to each other, and the processes that they are.</summary>
internal static class OrleansDashboard
{
    /// <summary>The dashboard.</summary>
    public static Dashboard Create() =>
        new(
            "oneshot-orleans",
            "OrleansOneShot / Orleans",
            new Row(
                "Grains",
                Lines("Grains", "Activations of grains.", "short", new Query($"sum by (instance) (orleans_grains{{{Pool}}})", "{{instance}}")),
                Lines(
                    "Calls that were late",
                    "Calls of grains that timed out. Filled by the first.",
                    "short",
                    new Query($"sum by (instance) (increase(orleans_app_requests_timedout_total{{{Pool}}}[$__rate_interval]))", "{{instance}}")
                ),
                Lines(
                    "Mean time of a call",
                    "Orleans' buckets are bands of milliseconds, and no measure; sum and count give the mean.",
                    "ms",
                    new Query(
                        $$"""
                        sum by (instance) (rate(orleans_app_requests_latency_milliseconds_sum{{{Pool}}}[$__rate_interval]))
                          / sum by (instance) (rate(orleans_app_requests_latency_milliseconds_count{{{Pool}}}[$__rate_interval]))
                        """,
                        "{{instance}}"
                    )
                ),
                Lines(
                    "Activations made and ended",
                    "A second.",
                    "ops",
                    new Query($"sum(rate(orleans_catalog_activation_created_total{{{Pool}}}[$__rate_interval]))", "made"),
                    new Query($"sum(rate(orleans_catalog_activation_destroyed_total{{{Pool}}}[$__rate_interval]))", "ended")
                )
            ),
            new Row(
                "Messages",
                Lines(
                    "Messages",
                    "Messages a second that silos take up.",
                    "ops",
                    new Query($"sum by (Direction) (rate(orleans_messaging_processing_dispatcher_received_total{{{Pool}}}[$__rate_interval]))", "{{Direction}}")
                ),
                Lines(
                    "Messages that did not arrive",
                    "Dropped, failed, expired or rejected. Filled by the first silo that dies.",
                    "short",
                    new Query($"sum(increase(orleans_messaging_sent_dropped_total{{{Pool}}}[$__rate_interval])) or vector(0)", "dropped"),
                    new Query($"sum(increase(orleans_messaging_sent_failed_total{{{Pool}}}[$__rate_interval])) or vector(0)", "failed"),
                    new Query($"sum(increase(orleans_messaging_expired_total{{{Pool}}}[$__rate_interval])) or vector(0)", "expired"),
                    new Query($"sum(increase(orleans_messaging_rejected_total{{{Pool}}}[$__rate_interval])) or vector(0)", "rejected")
                ),
                Lines(
                    "Clients of gateways",
                    "Clients that a silo's gateway serves. Filled by the first.",
                    "short",
                    new Query($"sum by (instance) (orleans_gateway_connected_clients{{{Pool}}})", "{{instance}}")
                ),
                Lines(
                    "Probes that were not answered",
                    "Silos ask each other whether they live. Filled by the first silo that stands still.",
                    "short",
                    new Query(
                        $"sum by (instance) (increase(orleans_messaging_pings_reply_missed_total{{{Pool}}}[$__rate_interval])) or vector(0)",
                        "{{instance}}"
                    )
                )
            ),
            new Row(
                "Processes",
                Lines(
                    "Processor",
                    "Processors that a process keeps busy.",
                    "short",
                    new Query($"sum by (instance) (rate(dotnet_process_cpu_time_seconds_total{{{Pool}}}[$__rate_interval]))", "{{instance}}")
                ),
                Lines(
                    "Memory",
                    "Resident memory of a process.",
                    "bytes",
                    new Query($"sum by (instance) (dotnet_process_memory_working_set_bytes{{{Pool}}})", "{{instance}}")
                ),
                Lines(
                    "Garbage collection",
                    "Share of the time in which collections paused a process.",
                    "percentunit",
                    new Query($"sum by (instance) (rate(dotnet_gc_pause_time_seconds_total{{{Pool}}}[$__rate_interval]))", "{{instance}}")
                ),
                Lines(
                    "Thread pool",
                    "Work that waits for a thread: more than a few for long is starvation.",
                    "short",
                    new Query($"sum by (instance) (dotnet_thread_pool_queue_length_total{{{Pool}}})", "{{instance}}")
                )
            )
        );
}
