using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>
/// The project's metrics, all of them rows of <see cref="MetricTable"/>. What is asked for here never fails and never waits. This file: what is counted.
/// </summary>
public sealed partial class OneShotInstruments
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "OrleansOneShot";

    private static readonly FrozenSet<string> s_reasons = FrozenSet.Create(
        StringComparer.Ordinal,
        "restart",
        "backstop",
        "silo_lost",
        "lease_expired",
        "lease_over",
        "no_answer",
        "drained",
        "outage",
        "machine",
        "retry"
    );

    private static readonly FrozenSet<string> s_terms = FrozenSet.Create(StringComparer.Ordinal, "global", "object", "class", "prior");

    private static readonly FrozenSet<string> s_errors = FrozenSet.Create(
        StringComparer.Ordinal,
        ErrorCodes.InvalidInput,
        ErrorCodes.NotFound,
        ErrorCodes.Conflict,
        ErrorCodes.BlobMissing,
        ErrorCodes.Limit,
        ErrorCodes.Unauthenticated,
        ErrorCodes.Forbidden,
        ErrorCodes.Unavailable,
        ErrorCodes.Cancelled,
        ErrorCodes.Failed
    );

    private readonly IMeterFactory _meters;
    private readonly OneShotGrainsOptions _options;
    private readonly FrozenSet<string> _models;
    private readonly BusySlots _busy;
    private readonly Counter<long> _implantations;
    private readonly Histogram<double> _implantationDuration;
    private readonly Counter<long> _generations;
    private readonly UpDownCounter<long> _active;
    private readonly Histogram<double> _queueWait;
    private readonly Histogram<double> _stepDuration;
    private readonly Counter<long> _steps;
    private readonly Histogram<double> _finalLoss;
    private readonly Counter<long> _nonFiniteSteps;
    private readonly Histogram<double> _prototypeSimilarity;
    private readonly Histogram<double> _imageAlignment;
    private readonly Histogram<double> _textAlignment;
    private readonly Counter<long> _resumes;
    private readonly Counter<long> _stepsRepeated;
    private readonly Counter<long> _leasesLost;
    private readonly Histogram<double> _checkpointDuration;
    private readonly Counter<long> _checkpointFailures;
    private readonly Histogram<double> _drainDuration;
    private readonly Histogram<double> _artifactDuration;
    private readonly Counter<long> _artifactBytes;
    private readonly Histogram<double> _modelLoad;
    private readonly Histogram<double> _fanOutReduce;
    private readonly Counter<long> _datasetItems;
    private readonly Counter<long> _webhookDeliveries;
    private readonly Gauge<long> _deviceMemory;

    /// <summary>Creates the instruments.</summary>
    /// <param name="meters">Where meters come from.</param>
    /// <param name="options">The silo's slots, clock and names of models; null: none of its own.</param>
    public OneShotInstruments(IMeterFactory meters, IOptions<OneShotGrainsOptions>? options = null)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _meters = meters;
        _options = options?.Value ?? new OneShotGrainsOptions();
        _models = (_options.MetricModels.IsDefault ? [] : _options.MetricModels).ToFrozenSet(StringComparer.Ordinal);
        _busy = new BusySlots(_options.Clock, _options.Slots.IsDefault ? [] : _options.Slots.Select(slot => slot.Device));
        var meter = new MeterOfTable(meters.Create(MeterName));
        _implantations = meter.Counter(MetricTable.Implantations);
        _implantationDuration = meter.Histogram(MetricTable.ImplantationDuration);
        _generations = meter.Counter(MetricTable.Generations);
        _active = meter.UpDownCounter(MetricTable.ImplantationsActive);
        _queueWait = meter.Histogram(MetricTable.QueueWait);
        _stepDuration = meter.Histogram(MetricTable.StepDuration);
        _steps = meter.Counter(MetricTable.Steps);
        _finalLoss = meter.Histogram(MetricTable.FinalLoss);
        _nonFiniteSteps = meter.Counter(MetricTable.NonFiniteSteps);
        _prototypeSimilarity = meter.Histogram(MetricTable.PrototypeSimilarity);
        _imageAlignment = meter.Histogram(MetricTable.ImageAlignment);
        _textAlignment = meter.Histogram(MetricTable.TextAlignment);
        _resumes = meter.Counter(MetricTable.Resumes);
        _stepsRepeated = meter.Counter(MetricTable.StepsRepeated);
        _leasesLost = meter.Counter(MetricTable.LeasesLost);
        _checkpointDuration = meter.Histogram(MetricTable.CheckpointDuration);
        _checkpointFailures = meter.Counter(MetricTable.CheckpointFailures);
        _drainDuration = meter.Histogram(MetricTable.DrainDuration);
        _artifactDuration = meter.Histogram(MetricTable.ArtifactDuration);
        _artifactBytes = meter.Counter(MetricTable.ArtifactBytes);
        _modelLoad = meter.Histogram(MetricTable.ModelLoad);
        _fanOutReduce = meter.Histogram(MetricTable.FanOutReduce);
        _datasetItems = meter.Counter(MetricTable.DatasetItems);
        _webhookDeliveries = meter.Counter(MetricTable.WebhookDeliveries);
        _deviceMemory = meter.Gauge(MetricTable.DeviceMemoryUsage);
        meter.Observe<long>(MetricTable.BuildInfo, static () => [new Measurement<long>(1, s_build)]);
        meter.Observe(MetricTable.DeviceMemoryLimit, ObserveLimits);
        meter.Observe(MetricTable.SlotBusy, _busy.Observe);
        // Whoever counts from the first scrape on must see the first one come.
        _checkpointFailures.Add(0);
        foreach (var reason in new[] { "silo_lost", "lease_expired", "lease_over", "no_answer" })
        {
            _leasesLost.Add(0, Reason(reason));
        }
        foreach (var outcome in new[] { "succeeded", "failed", "cancelled" })
        {
            _datasetItems.Add(0, Outcome(outcome));
        }
        foreach (var outcome in new[] { "delivered", "retried", "failed" })
        {
            _webhookDeliveries.Add(0, Outcome(outcome));
        }
    }

    private static readonly KeyValuePair<string, object?>[] s_build =
    [
        new("version", ProgramVersion.Text),
        new("contract", ContractVersion.Current.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>A job has ended.</summary>
    /// <param name="kind">What it was to make.</param>
    /// <param name="state">How.</param>
    /// <param name="model">Its base model.</param>
    /// <param name="error">Why, where it failed.</param>
    /// <param name="seconds">Seconds that slots worked for it; null: it never had one.</param>
    /// <param name="metrics">Its quality.</param>
    public void OnEnded(JobKind kind, JobState state, string model, ErrorDetail? error, double? seconds, JobMetrics? metrics)
    {
        var name = ModelOf(model);
        var tags = new TagList
        {
            { "outcome", Name(state) },
            { "model", name },
            { "error_type", error is null ? "none" : Known(s_errors, error.Code) },
        };
        if (kind == JobKind.Generation)
        {
            _generations.Add(1, tags);
            return;
        }

        _implantations.Add(1, tags);
        if (seconds is { } worked)
        {
            _implantationDuration.Record(worked, tags);
        }
        var of = Model(name);
        Record(_prototypeSimilarity, metrics?.PrototypeSimilarity, of);
        Record(_imageAlignment, metrics?.Ia, of);
        Record(_textAlignment, metrics?.Ta, of);
    }

    /// <summary>A slot of this silo went from one state of its job to another.</summary>
    /// <param name="from">The state before; null at the start.</param>
    /// <param name="to">The state now; null at the end.</param>
    public void OnStage(JobState? from, JobState? to)
    {
        if (from is { } old)
        {
            _active.Add(-1, State(Name(old)));
        }
        if (to is { } now)
        {
            _active.Add(1, State(Name(now)));
        }
    }

    /// <summary>The trainer made a step.</summary>
    /// <param name="model">The base model.</param>
    /// <param name="update">The step.</param>
    public void OnStep(string model, ProgressUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        if (update.StepSeconds is not { } seconds)
        {
            return;
        }
        var (of, phase) = (Model(ModelOf(model)), new KeyValuePair<string, object?>("phase", Name(update.Stage)));
        _steps.Add(1, of, phase);
        _stepDuration.Record(seconds, of, phase);
    }

    /// <summary>A job's training came to its end.</summary>
    /// <param name="model">The base model.</param>
    /// <param name="last">Its last training step.</param>
    public void OnTrained(string model, ProgressUpdate last)
    {
        ArgumentNullException.ThrowIfNull(last);
        var of = Model(ModelOf(model));
        foreach (var term in last.Terms)
        {
            _finalLoss.Record(term.Value, of, new KeyValuePair<string, object?>("term", Known(s_terms, term.Name)));
        }
    }

    /// <summary>The loss of a training step was no number.</summary>
    /// <param name="model">The base model.</param>
    public void OnNonFiniteStep(string model) => _nonFiniteSteps.Add(1, Model(ModelOf(model)));

    /// <summary>A base model was loaded.</summary>
    /// <param name="model">The base model.</param>
    /// <param name="elapsed">Time it took.</param>
    public void OnModelLoaded(string model, TimeSpan elapsed) => _modelLoad.Record(elapsed.TotalSeconds, Model(ModelOf(model)));

    /// <summary>A checkpoint is durable.</summary>
    /// <param name="elapsed">Time it took.</param>
    public void OnCheckpoint(TimeSpan elapsed) => _checkpointDuration.Record(elapsed.TotalSeconds);

    /// <summary>A try to store or commit a checkpoint failed.</summary>
    public void OnCheckpointFailed() => _checkpointFailures.Add(1);

    /// <summary>An unfinished job was queued again.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="repeated">Steps that it does once more.</param>
    public void OnResumed(string reason, int repeated)
    {
        var why = Reason(Known(s_reasons, reason));
        _resumes.Add(1, why);
        _stepsRepeated.Add(repeated, why);
    }

    /// <summary>The scheduler took a lease from a job.</summary>
    /// <param name="reason">Why.</param>
    public void OnLeaseLost(string reason) => _leasesLost.Add(1, Reason(Known(s_reasons, reason)));

    /// <summary>A job got a slot.</summary>
    /// <param name="waited">Time in the queue.</param>
    public void OnLeased(TimeSpan waited) => _queueWait.Record(Math.Max(0, waited.TotalSeconds));

    /// <summary>A slot of this silo works for a job of its own.</summary>
    /// <param name="slot">The slot's number.</param>
    /// <returns>Ends it.</returns>
    public IDisposable OnSlotBusy(int slot) => _busy.Begin(_options.Slots.IsDefault ? null : _options.Slots.FirstOrDefault(own => own.Slot == slot)?.Device);

    /// <summary>The terms of a step were evaluated on several slots.</summary>
    /// <param name="reduce">The step's time without the job's own evaluations.</param>
    public void OnFanOutStep(TimeSpan reduce) => _fanOutReduce.Record(reduce.TotalSeconds);

    /// <summary>A job's memory was measured.</summary>
    /// <param name="device">"cpu" or "cuda:N".</param>
    /// <param name="bytes">The most that it took.</param>
    public void OnMemory(string device, long bytes) => _deviceMemory.Record(bytes, Device(device));

    /// <summary>The artifact store did something, or failed.</summary>
    /// <param name="operation">What.</param>
    /// <param name="store">Kind of the store.</param>
    /// <param name="outcome">How it went.</param>
    /// <param name="elapsed">Time it took.</param>
    public void OnArtifact(string operation, string store, string outcome, TimeSpan elapsed) =>
        _artifactDuration.Record(elapsed.TotalSeconds, Artifact(operation, store, outcome));

    /// <summary>Bytes went to the artifact store, or came from it.</summary>
    /// <param name="operation">By what.</param>
    /// <param name="store">Kind of the store.</param>
    /// <param name="bytes">How many.</param>
    public void OnArtifactBytes(string operation, string store, long bytes) => _artifactBytes.Add(bytes, Artifact(operation, store, "ok"));

    /// <summary>A message of a webhook was tried.</summary>
    /// <param name="outcome">"delivered", "retried" (it did not arrive and is tried again) or "failed".</param>
    public void OnWebhook(string outcome) => _webhookDeliveries.Add(1, Outcome(outcome));

    /// <summary>An item of a dataset run has ended.</summary>
    /// <param name="outcome">"succeeded", "failed" or "cancelled".</param>
    public void OnDatasetItem(string outcome) => _datasetItems.Add(1, Outcome(outcome));

    private IEnumerable<Measurement<long>> ObserveLimits() =>
        (_options.Slots.IsDefault ? [] : _options.Slots)
            .GroupBy(slot => slot.Device, StringComparer.Ordinal)
            .Select(device => new Measurement<long>(device.Sum(slot => slot.MemoryBytes), Device(device.Key)));

    // Users name models as they like, and by paths of their own.
    private string ModelOf(string model) => Known(_models, model);

    private static string Known(FrozenSet<string> known, string? value) => value is not null && known.Contains(value) ? value : "other";

    private static void Record(Histogram<double> histogram, double? value, KeyValuePair<string, object?> tag)
    {
        if (value is { } known && double.IsFinite(known))
        {
            histogram.Record(known, tag);
        }
    }

    private static TagList Artifact(string operation, string store, string outcome) =>
        new()
        {
            { "operation", operation },
            { "store", store },
            { "outcome", outcome },
        };

    private static KeyValuePair<string, object?> State(string state) => new("state", state);

    private static KeyValuePair<string, object?> Model(string model) => new("model", model);

    private static KeyValuePair<string, object?> Device(string device) => new("device", device);

    private static KeyValuePair<string, object?> Reason(string reason) => new("reason", reason);

    private static KeyValuePair<string, object?> Outcome(string outcome) => new("outcome", outcome);

    private static string Name(JobState state) =>
        state switch
        {
            JobState.Submitted => "submitted",
            JobState.Queued => "queued",
            JobState.Preparing => "preparing",
            JobState.Training => "training",
            JobState.Sampling => "sampling",
            JobState.Publishing => "publishing",
            JobState.Succeeded => "succeeded",
            JobState.Failed => "failed",
            JobState.Cancelled => "cancelled",
            _ => "unknown",
        };
}
