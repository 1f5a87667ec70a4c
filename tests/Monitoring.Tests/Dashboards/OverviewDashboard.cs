using static OrleansOneShot.Monitoring.Tests.Dashboards.Dashboard;
using static OrleansOneShot.Monitoring.Tests.Dashboards.Panel;

namespace OrleansOneShot.Monitoring.Tests.Dashboards;

/// <summary>Whether the service does what its users want of it.</summary>
internal static class OverviewDashboard
{
    /// <summary>The dashboard.</summary>
    public static Dashboard Create() =>
        new(
            "oneshot-overview",
            "OrleansOneShot / Overview",
            new Row(
                "Now",
                Stat("Silos", "Silos that answer.", "short", $"count(oneshot_build_info{{{Cluster}}})"),
                Stat("Jobs at work", "Slots that work for a job of their own.", "short", $$"""sum(oneshot_slots{{{Cluster}}, state="leased"})"""),
                Stat("Free slots", "Slots that a job could take at once.", "short", $$"""sum(oneshot_slots{{{Cluster}}, state="free"})"""),
                Stat("Waiting jobs", "Jobs that wait for a slot.", "short", $"sum(oneshot_queue_depth{{{Cluster}}})"),
                Stat(
                    "Oldest wait",
                    "How long the job has waited that has waited longest; 0 while none waits.",
                    "s",
                    $"time() - min(oneshot_queue_oldest_timestamp_seconds{{{Cluster}}})",
                    900,
                    3600
                ),
                Stat(
                    "Failed, last hour",
                    "Share of jobs that failed, without what callers got wrong. Empty until a job has ended within the hour.",
                    "percentunit",
                    $"max(oneshot:implantations_failed:ratio1h{{{Cluster}}})",
                    0.05,
                    0.2
                )
            ),
            new Row(
                "API",
                Lines(
                    "Calls",
                    "Calls a second by route. Empty without --urls.",
                    "reqps",
                    new Query($"sum by (http_route) (rate(http_server_request_duration_seconds_count{{{Cluster}}}[$__rate_interval]))", "{{http_route}}")
                ) with
                {
                    Width = 8,
                },
                Lines(
                    "Errors",
                    "Share of answers by class: 5xx are the server's, 4xx the callers'.",
                    "percentunit",
                    new Query(
                        $$"""
                        sum(rate(http_server_request_duration_seconds_count{{{Cluster}}, http_response_status_code=~"5.."}[$__rate_interval])) or vector(0)
                        """,
                        "5xx a second"
                    ),
                    new Query(
                        $$"""
                        sum(rate(http_server_request_duration_seconds_count{{{Cluster}}, http_response_status_code=~"4.."}[$__rate_interval])) or vector(0)
                        """,
                        "4xx a second"
                    )
                ) with
                {
                    Width = 8,
                    Unit = "reqps",
                },
                Lines(
                    "Duration",
                    "How long calls took; those that wait on purpose (events, Prefer: wait) are long.",
                    "s",
                    new Query(
                        $"histogram_quantile(0.5, sum by (le) (rate(http_server_request_duration_seconds_bucket{{{Cluster}}}[$__rate_interval])))",
                        "p50"
                    ),
                    new Query(
                        $"histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket{{{Cluster}}}[$__rate_interval])))",
                        "p95"
                    )
                ) with
                {
                    Width = 8,
                }
            ),
            new Row(
                "Slots and queue",
                Lines(
                    "Slots",
                    "Slots by what they do. Leased ones work for their own job, lent ones help another, withheld ones take none.",
                    "short",
                    new Query($"sum by (state) (oneshot_slots{{{Cluster}}})", "{{state}}"),
                    new Query($"sum(oneshot_slots_wanted{{{Cluster}}})", "wanted")
                ),
                Lines(
                    "Saturation",
                    "Share of slots that work.",
                    "percentunit",
                    new Query($$"""sum(oneshot_slots{{{Cluster}}, state=~"leased|lent"}) / (sum(oneshot_slots{{{Cluster}}}) > 0)""", "busy")
                ),
                Lines(
                    "Queue",
                    "Waiting jobs, and those of them that no slot would do for.",
                    "short",
                    new Query($"sum(oneshot_queue_depth{{{Cluster}}})", "waiting"),
                    new Query($"sum by (reason) (oneshot_queue_unfit{{{Cluster}}})", "unfit: {{reason}}"),
                    new Query($"sum(oneshot_queue_startable{{{Cluster}}})", "startable")
                ),
                Lines(
                    "Use by device",
                    "Slots that had a job of their own, on average.",
                    "short",
                    new Query($"sum by (device) (rate(oneshot_slot_busy_seconds_total{{{Pool}}}[$__rate_interval]))", "{{device}}")
                ),
                Heat(
                    "Waits",
                    "How long jobs waited that got a slot.",
                    $"sum by (le) (increase(oneshot_queue_wait_duration_seconds_bucket{{{Cluster}}}[$__rate_interval]))"
                ),
                Heat(
                    "Run times",
                    "How long slots worked for jobs that ended.",
                    $"sum by (le) (increase(oneshot_implantation_duration_seconds_bucket{{{Cluster}}}[$__rate_interval]))"
                )
            ),
            new Row(
                "Failures",
                Lines(
                    "Jobs that ended",
                    "Jobs an hour by outcome.",
                    "short",
                    new Query($"sum by (outcome) (increase(oneshot_implantations_total{{{Cluster}}}[1h]))", "{{outcome}}")
                ),
                Lines(
                    "Failures by type",
                    "Failed jobs an hour by the error's code. Empty until one has failed.",
                    "short",
                    new Query($$"""sum by (error_type) (increase(oneshot_implantations_total{{{Cluster}}, outcome="failed"}[1h]))""", "{{error_type}}")
                ),
                Lines(
                    "Setbacks",
                    "Jobs queued again by reason, and leases that the scheduler took back. Filled by the first drain or lost silo.",
                    "short",
                    new Query($"sum by (reason) (increase(oneshot_resumes_total{{{Cluster}}}[1h]))", "resumed: {{reason}}"),
                    new Query($"sum by (reason) (increase(oneshot_leases_lost_total{{{Cluster}}}[1h]))", "lease lost: {{reason}}")
                ),
                Lines(
                    "Store",
                    "Operations of the artifact store that did not do what was asked; not_found and exists are answers.",
                    "ops",
                    new Query(
                        $$"""sum by (store, outcome) (rate(oneshot_artifact_operation_duration_seconds_count{{{Cluster}}, outcome!="ok"}[$__rate_interval]))""",
                        "{{store}}: {{outcome}}"
                    )
                )
            )
        );
}
