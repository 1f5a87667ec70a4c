using OrleansOneShot.Grains.Diagnostics;

namespace OrleansOneShot.Monitoring.Tests.Metrics;

public sealed class MetricsDocumentTests
{
    [Fact]
    public void Document_OfTheTable_IsTheCommittedOne() => GeneratedFile.Check(MetricsDocument.Write(), "docs", "METRICS.md");

    [Fact]
    public void Names_OfTheTable_AreDistinctAndOfOneForm()
    {
        Assert.Equal(MetricTable.All.Length, MetricTable.All.Select(row => row.PrometheusName).Distinct().Count());
        Assert.All(MetricTable.All, row => Assert.Matches("^oneshot(_[a-z]+)+$", row.PrometheusName));
        Assert.All(MetricTable.All.SelectMany(row => row.Labels), label => Assert.Matches("^[a-z]+(_[a-z]+)*$", label.Name));
        // What nobody can bound would make a series each for ever.
        string[] forbidden = ["job", "id", "owner", "silo", "address", "folder", "path", "host", "key", "trace", "instance"];
        Assert.Empty(MetricTable.All.SelectMany(row => row.Labels).Select(label => label.Name).Intersect(forbidden));
    }

    // Help, types, base units and endings, as Prometheus' own tool would have them.
    [Fact]
    public async Task Scrape_OfEveryInstrument_PassesPromtool()
    {
        // The committed scrape has NOW where a moment stands.
        var scrape = (await File.ReadAllTextAsync(Repository.Golden("telemetry", "scrape.txt"), TestContext.Current.CancellationToken)).Replace(
            " NOW\n",
            " 1\n",
            StringComparison.Ordinal
        );
        var (code, output) = await Promtool.RunAsync(scrape, ["check", "metrics"]);
        Assert.True(code == 0 && output.Length == 0, output);
        var (wrong, _) = await Promtool.RunAsync(scrape.Replace("oneshot_steps_total", "oneshot_steps", StringComparison.Ordinal), ["check", "metrics"]);
        Assert.NotEqual(0, wrong);
    }

    [Fact]
    public void Buckets_OfTheTable_RiseAndBelongToHistogramsAlone()
    {
        Assert.All(MetricTable.All, row => Assert.Equal(row.Kind == MetricKind.Histogram, !row.Buckets.IsEmpty));
        Assert.All(MetricTable.All, row => Assert.Equal(row.Buckets.Distinct().Order(), row.Buckets));
    }

    [Theory]
    [InlineData("oneshot_build_info", "version contract")]
    [InlineData("oneshot_implantations_total", "outcome model error_type")]
    [InlineData("oneshot_implantation_duration_seconds", "outcome model error_type", "10 30 60 120 300 600 1200 1800 3600 7200 14400")]
    [InlineData("oneshot_implantations_active", "state")]
    [InlineData("oneshot_queue_depth", "")]
    [InlineData("oneshot_queue_oldest_timestamp_seconds", "")]
    [InlineData("oneshot_queue_unfit", "reason")]
    [InlineData("oneshot_queue_wait_duration_seconds", "", "0.1 1 5 15 30 60 120 300 900 1800 3600 14400 43200")]
    [InlineData("oneshot_slots", "state")]
    [InlineData("oneshot_slots_wanted", "")]
    [InlineData("oneshot_slot_busy_seconds_total", "device")]
    [InlineData("oneshot_steps_total", "model phase")]
    [InlineData("oneshot_step_duration_seconds", "model phase", "0.005 0.01 0.02 0.05 0.1 0.2 0.5 1 2 5 10 30 60")]
    [InlineData("oneshot_final_loss", "model term")]
    [InlineData("oneshot_nonfinite_steps_total", "model")]
    [InlineData("oneshot_prototype_similarity", "model")]
    [InlineData("oneshot_image_alignment", "model")]
    [InlineData("oneshot_text_alignment", "model")]
    [InlineData("oneshot_resumes_total", "reason")]
    [InlineData("oneshot_steps_repeated_total", "reason")]
    [InlineData("oneshot_leases_lost_total", "reason")]
    [InlineData("oneshot_checkpoint_duration_seconds", "")]
    [InlineData("oneshot_checkpoint_failures_total", "")]
    [InlineData("oneshot_drain_duration_seconds", "")]
    [InlineData("oneshot_artifact_operation_duration_seconds", "operation store outcome")]
    [InlineData("oneshot_artifact_bytes_total", "operation store outcome")]
    [InlineData("oneshot_model_load_duration_seconds", "model")]
    [InlineData("oneshot_device_memory_usage_bytes", "device")]
    [InlineData("oneshot_device_memory_limit_bytes", "device")]
    [InlineData("oneshot_fanout_reduce_duration_seconds", "")]
    [InlineData("oneshot_dataset_items_total", "outcome")]
    [InlineData("oneshot_webhook_deliveries_total", "outcome")]
    public void Row_OfTheContract_HasItsNameLabelsAndBuckets(string name, string labels, string? buckets = null)
    {
        var row = Assert.Single(MetricTable.All, row => row.PrometheusName == name);
        Assert.Equal(labels.Split(' ', StringSplitOptions.RemoveEmptyEntries), row.Labels.Select(label => label.Name));
        if (buckets is not null)
        {
            Assert.Equal(buckets, string.Join(' ', row.Buckets.Select(bound => bound.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        }
    }
}
