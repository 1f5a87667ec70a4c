using static OrleansOneShot.Monitoring.Tests.Dashboards.Dashboard;
using static OrleansOneShot.Monitoring.Tests.Dashboards.Panel;

namespace OrleansOneShot.Monitoring.Tests.Dashboards;

/// <summary>How runs over many photos go.</summary>
internal static class DatasetDashboard
{
    /// <summary>The dashboard.</summary>
    public static Dashboard Create() =>
        new(
            "oneshot-datasets",
            "OrleansOneShot / Dataset runs",
            new Row(
                "Items",
                Stat(
                    "Ended, last hour",
                    "Items of all runs that ended within the hour.",
                    "short",
                    $"sum(increase(oneshot_dataset_items_total{{{Cluster}}}[1h]))"
                ),
                Stat(
                    "Failed, last hour",
                    "Share of them that failed. Empty until an item has ended within the hour.",
                    "percentunit",
                    $$"""
                    sum(increase(oneshot_dataset_items_total{{{Cluster}}, outcome="failed"}[1h]))
                      / (sum(increase(oneshot_dataset_items_total{{{Cluster}}}[1h])) > 0)
                    """,
                    0.05,
                    0.2
                ),
                Stat("Waiting jobs", "Jobs that wait for a slot, items' among them.", "short", $"sum(oneshot_queue_depth{{{Cluster}}})"),
                Stat("Jobs at work", "Slots that work for a job of their own.", "short", $$"""sum(oneshot_slots{{{Cluster}}, state="leased"})"""),
                Stat(
                    "Time of an item",
                    "Mean time that slots worked for a job that succeeded, over the last hour.",
                    "s",
                    $$"""
                    sum(increase(oneshot_implantation_duration_seconds_sum{{{Cluster}}, outcome="succeeded"}[1h]))
                      / (sum(increase(oneshot_implantation_duration_seconds_count{{{Cluster}}, outcome="succeeded"}[1h])) > 0)
                    """
                ),
                Stat(
                    "Webhooks that failed",
                    "Messages that were given up within a day.",
                    "short",
                    $$"""sum(increase(oneshot_webhook_deliveries_total{{{Cluster}}, outcome="failed"}[1d]))""",
                    1
                ),
                Lines(
                    "Items",
                    "Items an hour by outcome. Filled by the first item of a run that ends.",
                    "short",
                    new Query($"sum by (outcome) (rate(oneshot_dataset_items_total{{{Cluster}}}[$__rate_interval])) * 3600", "{{outcome}}")
                ) with
                {
                    IsStacked = true,
                },
                Lines(
                    "Items so far",
                    "Items that ended since the silos' start.",
                    "short",
                    new Query($"sum by (outcome) (oneshot_dataset_items_total{{{Cluster}}})", "{{outcome}}")
                ),
                Lines(
                    "Queue",
                    "A run keeps a bounded number of jobs in the queue; the rest of its items are not there yet.",
                    "short",
                    new Query($"sum(oneshot_queue_depth{{{Cluster}}})", "waiting"),
                    new Query($"sum(oneshot_slots_wanted{{{Cluster}}})", "slots wanted"),
                    new Query($"sum(oneshot_slots{{{Cluster}}})", "slots")
                ),
                Lines(
                    "Webhooks",
                    "Tries an hour by outcome. Filled by the first webhook.",
                    "short",
                    new Query($"sum by (outcome) (increase(oneshot_webhook_deliveries_total{{{Cluster}}}[1h]))", "{{outcome}}")
                )
            )
        );
}
