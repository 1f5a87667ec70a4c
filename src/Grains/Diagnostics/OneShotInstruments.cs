using System.Diagnostics;
using System.Diagnostics.Metrics;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>
/// The project's metrics. Units are seconds and bytes; no label holds an id. Prometheus shows the names with '_' for '.', the unit, and "_total" for counters.
/// </summary>
public sealed class OneShotInstruments
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "OrleansOneShot";

    private readonly Counter<long> _implantations;
    private readonly Counter<long> _generations;
    private readonly UpDownCounter<long> _active;
    private readonly Histogram<double> _queueWait;
    private readonly Histogram<double> _stepDuration;
    private readonly Counter<long> _steps;
    private readonly Histogram<double> _loss;
    private readonly Histogram<double> _prototypeSimilarity;
    private readonly Histogram<double> _checkpointDuration;
    private readonly Counter<long> _resumes;
    private readonly Counter<long> _artifactBytes;
    private readonly Counter<long> _webhookDeliveries;
    private readonly Counter<long> _datasetItems;
    private readonly Histogram<double> _fanOutReduce;
    private readonly Gauge<long> _deviceMemory;
    private long _queueDepth;
    private long _freeSlots;
    private long _leasedSlots;
    private long _lentSlots;

    /// <summary>Creates the instruments.</summary>
    /// <param name="meters">Where meters come from.</param>
    public OneShotInstruments(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(MeterName);
        _implantations = meter.CreateCounter<long>("oneshot.implantations", "{implantation}", "Jobs that ended, by outcome and base model.");
        _generations = meter.CreateCounter<long>("oneshot.generations", "{generation}", "Generations that ended, by outcome and base model.");
        _active = meter.CreateUpDownCounter<long>("oneshot.implantations.active", "{implantation}", "Jobs that a slot of this silo works for, by state.");
        meter.CreateObservableGauge("oneshot.queue.depth", () => Volatile.Read(ref _queueDepth), "{implantation}", "Jobs that wait for a slot.");
        _queueWait = meter.CreateHistogram<double>("oneshot.queue.wait", "s", "Time from queueing to a slot.");
        meter.CreateObservableGauge(
            "oneshot.slots",
            () =>
                (Measurement<long>[])
                    [
                        new(Volatile.Read(ref _freeSlots), State("free")),
                        new(Volatile.Read(ref _leasedSlots), State("leased")),
                        new(Volatile.Read(ref _lentSlots), State("lent")),
                    ],
            "{slot}",
            "Slots of the cluster, by state."
        );
        _stepDuration = meter.CreateHistogram<double>("oneshot.step.duration", "s", "Time of one step, by base model and phase.");
        _steps = meter.CreateCounter<long>("oneshot.steps", "{step}", "Training steps done.");
        _loss = meter.CreateHistogram<double>("oneshot.loss", null, "Loss of a training step, by term, over all jobs.");
        _prototypeSimilarity = meter.CreateHistogram<double>(
            "oneshot.prototype_similarity",
            null,
            "Cosine of the prototypical embedding and its target, once a job."
        );
        _checkpointDuration = meter.CreateHistogram<double>("oneshot.checkpoint.duration", "s", "Time to store and commit a checkpoint.");
        _resumes = meter.CreateCounter<long>("oneshot.resumes", "{resume}", "Jobs queued again, by reason.");
        _artifactBytes = meter.CreateCounter<long>("oneshot.artifact", "By", "Bytes moved to and from the store.");
        _webhookDeliveries = meter.CreateCounter<long>("oneshot.webhook.deliveries", "{delivery}", "Tries to deliver a webhook's message, by outcome.");
        _datasetItems = meter.CreateCounter<long>("oneshot.dataset.items", "{item}", "Items of dataset runs that ended, by outcome.");
        _fanOutReduce = meter.CreateHistogram<double>(
            "oneshot.fanout.reduce",
            "s",
            "Time of a fanned-out step in which the job's own slot sent, waited and gathered."
        );
        _deviceMemory = meter.CreateGauge<long>(
            "oneshot.device.memory",
            "By",
            "Most memory that the last job that could be measured took, by device of this silo."
        );
    }

    /// <summary>A job has ended.</summary>
    /// <param name="kind">What it was to make.</param>
    /// <param name="state">How.</param>
    /// <param name="model">Its base model.</param>
    /// <param name="metrics">Its quality.</param>
    public void OnEnded(JobKind kind, JobState state, string model, JobMetrics? metrics)
    {
        (kind == JobKind.Generation ? _generations : _implantations).Add(1, new TagList { { "outcome", Name(state) }, { "model", model } });
        if (metrics?.PrototypeSimilarity is { } similarity)
        {
            _prototypeSimilarity.Record(similarity);
        }
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
        if (update.StepSeconds is { } seconds)
        {
            _stepDuration.Record(seconds, new TagList { { "model", model }, { "phase", Name(update.Stage) } });
        }
        if (update.Terms.IsEmpty)
        {
            return;
        }
        _steps.Add(1);
        foreach (var term in update.Terms)
        {
            _loss.Record(term.Value, new KeyValuePair<string, object?>("term", term.Name));
        }
    }

    /// <summary>A checkpoint is durable.</summary>
    /// <param name="elapsed">Time it took.</param>
    public void OnCheckpoint(TimeSpan elapsed) => _checkpointDuration.Record(elapsed.TotalSeconds);

    /// <summary>An unfinished job was queued again.</summary>
    /// <param name="reason">Why.</param>
    public void OnResumed(string reason) => _resumes.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>A job got a slot.</summary>
    /// <param name="waited">Time in the queue.</param>
    public void OnLeased(TimeSpan waited) => _queueWait.Record(waited.TotalSeconds);

    /// <summary>The scheduler's numbers changed.</summary>
    /// <param name="queued">Jobs that wait.</param>
    /// <param name="free">Free slots.</param>
    /// <param name="leased">Leased slots.</param>
    /// <param name="lent">Slots lent to jobs that run elsewhere.</param>
    public void OnScheduler(int queued, int free, int leased, int lent)
    {
        Volatile.Write(ref _queueDepth, queued);
        Volatile.Write(ref _freeSlots, free);
        Volatile.Write(ref _leasedSlots, leased);
        Volatile.Write(ref _lentSlots, lent);
    }

    /// <summary>The terms of a step were evaluated on several slots.</summary>
    /// <param name="reduce">The step's time without the job's own evaluations.</param>
    public void OnFanOutStep(TimeSpan reduce) => _fanOutReduce.Record(reduce.TotalSeconds);

    /// <summary>A job's memory was measured.</summary>
    /// <param name="device">"cpu" or "cuda:N".</param>
    /// <param name="bytes">The most that it took.</param>
    public void OnMemory(string device, long bytes) => _deviceMemory.Record(bytes, new KeyValuePair<string, object?>("device", device));

    /// <summary>Bytes went to the store.</summary>
    /// <param name="store">Kind of the store.</param>
    /// <param name="bytes">How many.</param>
    public void OnStored(string store, long bytes) => _artifactBytes.Add(bytes, new TagList { { "direction", "write" }, { "store", store } });

    /// <summary>A message of a webhook was tried.</summary>
    /// <param name="outcome">"delivered", "retried" (it did not arrive and is tried again) or "failed".</param>
    public void OnWebhook(string outcome) => _webhookDeliveries.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>An item of a dataset run has ended.</summary>
    /// <param name="outcome">"succeeded", "failed" or "cancelled".</param>
    public void OnDatasetItem(string outcome) => _datasetItems.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    private static KeyValuePair<string, object?> State(string state) => new("state", state);

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
