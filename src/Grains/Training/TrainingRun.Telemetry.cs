using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Tracing;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Diagnostics;

namespace OrleansOneShot.Grains.Training;

/// <summary>What a run tells those who operate the silo.</summary>
internal sealed partial class TrainingRun
{
    private ProgressUpdate? _lastStep;
    private Activity? _span;
    private Activity? _stageSpan;

    private string Model => _order.Request.Model.Name;

    /// <summary>From here to its end the run's slot is busy, its lines of the log name the job, and its span is open.</summary>
    private Ending BeginTelling()
    {
        var busy = _services.Instruments.OnSlotBusy(_lease.Slot);
        var scope = _services.Logger.BeginScope(new JobScope(_lease.JobId, _lease.Epoch, TraceParent.TraceIdOf(_order.Trace)));
        _span = JobTrace
            .Begin("epoch", TraceParent.ContextOf(_order.Trace), _lease.JobId, _lease.Epoch)
            ?.SetTag("oneshot.slot", _lease.Slot)
            .SetTag("oneshot.model", Model)
            .SetTag("oneshot.from_step", _order.Resume.Checkpoint?.Step ?? 0);
        return new Ending(() =>
        {
            ChangeSpan(null);
            _span?.SetTag("oneshot.step", _step);
            _span?.Dispose();
            scope?.Dispose();
            busy.Dispose();
        });
    }

    private void ChangeSpan(JobState? stage)
    {
        _stageSpan?.Dispose();
        _stageSpan = stage is { } now && _span is { } run ? JobTrace.Begin(Word(now), run.Context, _lease.JobId, _lease.Epoch) : null;
    }

    private Activity? BeginCheckpointSpan(int step) =>
        (_stageSpan ?? _span) is { } parent ? JobTrace.Begin("checkpoint", parent.Context, _lease.JobId, _lease.Epoch)?.SetTag("oneshot.step", step) : null;

    /// <summary>Progress is no part of the trace: it comes with every step, and metrics and the job's own log tell of it.</summary>
    private Task<bool> ReportAsync(ImmutableArray<ProgressUpdate> batch)
    {
        Activity.Current = null;
        return CallAsync(() => _job.Report(_lease.Epoch, batch));
    }

    private static string Word(JobState stage) => stage.ToString().ToLower(CultureInfo.InvariantCulture);

    private void Count(ProgressUpdate update)
    {
        _services.Instruments.OnStep(Model, update);
        if (update.Stage == JobState.Training && !update.Terms.IsEmpty)
        {
            _lastStep = update;
        }
    }

    /// <summary>The weights are what they will be: nothing of an epoch that was given back counts.</summary>
    private void CountTrained()
    {
        if (_lastStep is { } last)
        {
            _services.Instruments.OnTrained(Model, last);
        }
    }

    private async Task<bool> CommitAsync(CheckpointReference checkpoint, SettledRun? settled)
    {
        await _job.CommitCheckpoint(_lease.Epoch, checkpoint, settled);
        return true;
    }

    /// <summary>One try to store or commit a checkpoint. Of a job that has gone on without this epoch it is no failure.</summary>
    private async Task<T> CountFailures<T>(Func<Task<T>> attempt)
    {
        try
        {
            return await attempt();
        }
        catch (Exception e) when (e is not (StaleEpochException or OperationCanceledException))
        {
            _services.Instruments.OnCheckpointFailed();
            throw;
        }
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
