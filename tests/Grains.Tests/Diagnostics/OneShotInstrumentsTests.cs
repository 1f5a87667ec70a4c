using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Diagnostics;

namespace OrleansOneShot.Grains.Tests.Diagnostics;

public sealed class OneShotInstrumentsTests
{
    [Fact]
    public void Instruments_AfterAJob_CarryTheDocumentedNamesUnitsAndLabels()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var factory = services.GetRequiredService<IMeterFactory>();
        var seen = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == OneShotInstruments.MeterName && instrument.Meter.Scope == factory)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
        var instruments = new OneShotInstruments(factory);

        instruments.OnStage(null, JobState.Training);
        instruments.OnStep(
            "m",
            new ProgressUpdate
            {
                Time = DateTimeOffset.UnixEpoch,
                Stage = JobState.Training,
                Losses = new TermLosses(1, 2, 3),
                StepSeconds = 0.5,
            }
        );
        instruments.OnCheckpoint(TimeSpan.FromSeconds(4));
        instruments.OnLeased(TimeSpan.FromSeconds(5));
        instruments.OnResumed("restart");
        instruments.OnStored("files", 6);
        instruments.OnEnded(JobKind.Implantation, JobState.Succeeded, "m", new JobMetrics { PrototypeSimilarity = 0.9 });
        instruments.OnScheduler(queued: 7, free: 8, leased: 9, lent: 10);
        instruments.OnFanOutStep(TimeSpan.FromSeconds(11));
        instruments.OnMemory("cuda:1", 12);
        instruments.OnWebhook("delivered");
        instruments.OnDatasetItem("failed");
        listener.RecordObservableInstruments();

        Assert.Equal(
            new Dictionary<string, double>
            {
                ["oneshot.implantations [{implantation}] model=m outcome=succeeded"] = 1,
                ["oneshot.implantations.active [{implantation}] state=training"] = 1,
                ["oneshot.queue.depth [{implantation}]"] = 7,
                ["oneshot.queue.wait [s]"] = 5,
                ["oneshot.slots [{slot}] state=free"] = 8,
                ["oneshot.slots [{slot}] state=leased"] = 9,
                ["oneshot.slots [{slot}] state=lent"] = 10,
                ["oneshot.fanout.reduce [s]"] = 11,
                ["oneshot.device.memory [By] device=cuda:1"] = 12,
                ["oneshot.step.duration [s] model=m phase=training"] = 0.5,
                ["oneshot.steps [{step}]"] = 1,
                ["oneshot.loss [] term=global"] = 1,
                ["oneshot.loss [] term=object"] = 2,
                ["oneshot.loss [] term=class"] = 3,
                ["oneshot.prototype_similarity []"] = 0.9,
                ["oneshot.checkpoint.duration [s]"] = 4,
                ["oneshot.resumes [{resume}] reason=restart"] = 1,
                ["oneshot.webhook.deliveries [{delivery}] outcome=delivered"] = 1,
                ["oneshot.dataset.items [{item}] outcome=failed"] = 1,
                ["oneshot.artifact [By] direction=write store=files"] = 6,
            }.OrderBy(pair => pair.Key, StringComparer.Ordinal),
            seen.OrderBy(pair => pair.Key, StringComparer.Ordinal)
        );

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = tags.ToArray().OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $" {tag.Key}={tag.Value}");
            seen.AddOrUpdate($"{instrument.Name} [{instrument.Unit}]{string.Concat(labels)}", value, (_, old) => old + value);
        }
    }
}
