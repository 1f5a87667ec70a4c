using static OrleansOneShot.Monitoring.Tests.Dashboards.Dashboard;
using static OrleansOneShot.Monitoring.Tests.Dashboards.Panel;

namespace OrleansOneShot.Monitoring.Tests.Dashboards;

/// <summary>How fast and how well trainers work.</summary>
internal static class TrainingDashboard
{
    /// <summary>The dashboard.</summary>
    public static Dashboard Create() =>
        new(
            "oneshot-training",
            "OrleansOneShot / Training",
            new Row(
                "Steps",
                Lines(
                    "Steps",
                    "Steps a second, repeated ones included.",
                    "ops",
                    new Query($"sum by (model, phase) (rate(oneshot_steps_total{{{Pool}}}[$__rate_interval]))", "{{model}} {{phase}}")
                ),
                Lines(
                    "Jobs at work",
                    "Jobs by what their trainers do.",
                    "short",
                    new Query($"sum by (state) (oneshot_implantations_active{{{Pool}}})", "{{state}}")
                ) with
                {
                    IsStacked = true,
                },
                Lines(
                    "Time of a step",
                    "Middle and slow steps, by model.",
                    "s",
                    new Query(
                        $"histogram_quantile(0.5, sum by (model, le) (rate(oneshot_step_duration_seconds_bucket{{{Pool}}}[$__rate_interval])))",
                        "p50 {{model}}"
                    ),
                    new Query(
                        $"histogram_quantile(0.95, sum by (model, le) (rate(oneshot_step_duration_seconds_bucket{{{Pool}}}[$__rate_interval])))",
                        "p95 {{model}}"
                    )
                ),
                Heat("Times of steps", "How long steps took.", $"sum by (le) (increase(oneshot_step_duration_seconds_bucket{{{Pool}}}[$__rate_interval]))")
            ),
            new Row(
                "Quality",
                Lines(
                    "Last losses",
                    "Mean loss of the last training step of jobs that came to their end, by term.",
                    "short",
                    new Query(
                        $"sum by (term) (increase(oneshot_final_loss_sum{{{Pool}}}[1h])) / sum by (term) (increase(oneshot_final_loss_count{{{Pool}}}[1h]))",
                        "{{term}}"
                    )
                ),
                Lines(
                    "Alignment",
                    "Mean cosines of jobs that succeeded: samples with photo and prompt, embedding with its target. Empty for models without a CLIP.",
                    "short",
                    Mean("oneshot_image_alignment", "image"),
                    Mean("oneshot_text_alignment", "text"),
                    Mean("oneshot_prototype_similarity", "prototype")
                ),
                Lines(
                    "Steps that were no number",
                    "Each ends its job. Filled by the first such step: a learning rate that is too high, or weights that are broken.",
                    "short",
                    new Query($"sum by (model) (increase(oneshot_nonfinite_steps_total{{{Pool}}}[1h]))", "{{model}}")
                ),
                Lines(
                    "Steps repeated",
                    "Steps done again after a setback, an hour, by reason: at most a checkpoint's interval each. Filled by the first.",
                    "short",
                    new Query($"sum by (reason) (increase(oneshot_steps_repeated_total{{{Cluster}}}[1h]))", "{{reason}}")
                )
            ),
            new Row(
                "Checkpoints and drains",
                Lines(
                    "Time of a checkpoint",
                    "To store and commit it; the engine stands still meanwhile.",
                    "s",
                    Quantile(0.5, "oneshot_checkpoint_duration_seconds", "p50"),
                    Quantile(0.95, "oneshot_checkpoint_duration_seconds", "p95")
                ),
                Lines(
                    "Checkpoints that failed",
                    "Tries that failed; each is made again.",
                    "short",
                    new Query($"sum by (pool, instance) (increase(oneshot_checkpoint_failures_total{{{Pool}}}[$__rate_interval]))", "{{instance}}")
                ),
                Lines(
                    "Silos that stop",
                    "How long a silo has been stopping. Filled while one drains.",
                    "s",
                    new Query($"time() - max by (instance) (oneshot_drain_started_timestamp_seconds{{{Pool}}})", "{{instance}}"),
                    new Query($"max by (instance) (rate(oneshot_drain_duration_seconds_sum{{{Pool}}}[$__rate_interval]))", "ended: {{instance}}")
                ),
                Lines(
                    "Store",
                    "Bytes a second to and from the artifact store, by operation.",
                    "Bps",
                    new Query($"sum by (operation) (rate(oneshot_artifact_bytes_total{{{Pool}}}[$__rate_interval]))", "{{operation}}")
                )
            ),
            new Row(
                "Machines",
                Lines(
                    "Memory",
                    "Most memory that the last measured job took, and what slots offer. A job that was not alone in its process is not measured.",
                    "bytes",
                    new Query($"max by (instance, device) (oneshot_device_memory_usage_bytes{{{Pool}}})", "used {{instance}} {{device}}"),
                    new Query($"max by (instance, device) (oneshot_device_memory_limit_bytes{{{Pool}}})", "offered {{instance}} {{device}}")
                ),
                Lines(
                    "Loading models",
                    "How long it took to load a base model.",
                    "s",
                    Quantile(0.5, "oneshot_model_load_duration_seconds", "p50"),
                    Quantile(0.95, "oneshot_model_load_duration_seconds", "p95")
                ),
                Lines(
                    "Fan-out",
                    "What a fanned-out step spends on sending, waiting and gathering. Filled by jobs that borrow slots.",
                    "s",
                    Quantile(0.5, "oneshot_fanout_reduce_duration_seconds", "p50"),
                    Quantile(0.95, "oneshot_fanout_reduce_duration_seconds", "p95")
                ),
                Lines(
                    "Time of the store",
                    "95 % of the operations of each kind took less.",
                    "s",
                    new Query(
                        $$"""
                        histogram_quantile(0.95, sum by (operation, le) (rate(oneshot_artifact_operation_duration_seconds_bucket{{{Pool}}}[$__rate_interval])))
                        """,
                        "{{operation}}"
                    )
                )
            )
        );

    // Exported by the silos of the jobs' grains, which are of any pool.
    private static Query Mean(string metric, string legend) =>
        new($"sum(increase({metric}_sum{{{Cluster}}}[1h])) / sum(increase({metric}_count{{{Cluster}}}[1h]))", legend);

    private static Query Quantile(double share, string metric, string legend) =>
        new(FormattableString.Invariant($"histogram_quantile({share}, sum by (le) (rate({metric}_bucket{{{Pool}}}[$__rate_interval])))"), legend);
}
