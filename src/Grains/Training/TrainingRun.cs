using System.Globalization;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Progress;
using OrleansOneShot.Contracts.Requests;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.FanOut;
using OrleansOneShot.Storage;
using Polly;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// One epoch of a job on a dedicated thread of this silo: runs the engine, stores checkpoints, publishes, and tells the job how it ended. It is no grain and holds no grain state:
/// all it knows of the job's truth are the answers to its calls, and <see cref="StaleEpochException"/> is one of them.
/// </summary>
internal sealed partial class TrainingRun : IEngineObserver, IDisposable
{
    private readonly TrainingServices _services;
    private readonly SlotLease _lease;
    private readonly ImplantationRequest _request;
    private readonly CheckpointReference? _resume;
    private readonly IImplantationGrain _job;
    private readonly ResiliencePipeline _calls;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _abandon;
    private readonly long _began;
    private readonly StepCoordinator _fanOut;
    private ProgressPump _progress = null!;
    private int _committedStep = -1;
    private JobState? _stage;
    private int _reason;
    private bool _requeue;

    /// <summary>Prepares a run.</summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="lease">The lease with the epoch to work for.</param>
    /// <param name="request">The request.</param>
    /// <param name="resume">Where to go on; null to begin.</param>
    /// <param name="abandon">Ends all waiting: the process goes down.</param>
    public TrainingRun(TrainingServices services, SlotLease lease, ImplantationRequest request, CheckpointReference? resume, CancellationToken abandon)
    {
        _services = services;
        _lease = lease;
        _request = request;
        _resume = resume;
        _abandon = abandon;
        _job = services.Grains.GetGrain<IImplantationGrain>(lease.JobId);
        _fanOut = new StepCoordinator(new ClusterSlots(services.Grains, lease, request), lease, services.Options, services.Instruments, services.Logger);
        _calls = GrainCalls.Create(services.Options.Clock, services.Logger);
        _began = services.Options.Clock.GetTimestamp();
    }

    /// <summary>The lease it works under.</summary>
    public SlotLease Lease => _lease;

    /// <summary>Ends when the run has told its job how it ended, or was abandoned; never fails.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    private StopReason Reason => (StopReason)Volatile.Read(ref _reason);

    /// <summary>Starts the thread.</summary>
    /// <param name="slotFree">What the slot did before: two engines never share a slot.</param>
    public void Start(Task slotFree)
    {
        // The caller is a grain: neither its scheduler nor its request's context may follow into hours of work.
        using (ExecutionContext.SuppressFlow())
        {
            Completion = Task.Factory.StartNew(() => Run(slotFree), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }
    }

    /// <summary>Asks the engine to stop at its next step.</summary>
    /// <param name="reason">Why; cancelling outweighs draining.</param>
    /// <param name="requeue">When draining: whether the job is queued again at once.</param>
    public void Stop(StopReason reason, bool requeue = false)
    {
        _requeue = requeue;
        if ((int)reason > Interlocked.CompareExchange(ref _reason, (int)reason, (int)StopReason.None))
            Interlocked.Exchange(ref _reason, (int)reason);
        // Callbacks of the engine must not run on the caller, which may be a grain. A run that has ended meanwhile needs no signal.
        Task.Run(_stop.Cancel, CancellationToken.None).Ignore();
    }

    /// <inheritdoc/>
    public void Report(ProgressUpdate update)
    {
        _services.Instruments.OnStep(_request.Model.Name, update);
        ChangeStage(update.Stage);
        _progress.Report(update);
    }

    public void Dispose() => _stop.Dispose();

    /// <inheritdoc/>
    public void CommitCheckpoint(int step, string path) => CommitCheckpointAsync(step, path).GetAwaiter().GetResult();

    private void Run(Task slotFree)
    {
        var folder = Path.Combine(_services.Options.WorkFolder, string.Create(CultureInfo.InvariantCulture, $"{_lease.JobId}-{_lease.Epoch}-{Guid.NewGuid():N}"));
        try
        {
            slotFree.Wait(_abandon);
            RunAsync(folder).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (_abandon.IsCancellationRequested)
        {
            LogAbandoned(_lease.JobId, _lease.Epoch);
        }
        catch (Exception e)
        {
            // Every way out below tells the job; this is the way in which that itself failed for good.
            LogLost(e, _lease.JobId, _lease.Epoch);
        }
        finally
        {
            ChangeStage(null);
            _fanOut.DisposeAsync().AsTask().GetAwaiter().GetResult();
            DeleteFolder(folder);
        }
    }

    /// <summary>Everything in here runs on the run's own thread up to the engine's return; what follows only waits for input and output.</summary>
    private Task RunAsync(string folder)
    {
        LogStarted(_lease.JobId, _lease.Epoch, _lease.Slot, _resume?.Step ?? 0);
        ChangeStage(JobState.Preparing);
        _progress = new ProgressPump(batch => CallAsync(() => _job.Report(_lease.Epoch, batch)), () => Stop(StopReason.Cancel));
        EngineResult result;
        try
        {
            Directory.CreateDirectory(folder);
            _stop.Token.ThrowIfCancellationRequested();
            result = _services.Engine.Run(new EngineJob(_lease.JobId, _lease.Epoch, _lease.Slot, _request, _resume, folder) { FanOut = _fanOut }, this, _stop.Token);
        }
        catch (Exception e)
        {
            return EndAsync(e);
        }
        finally
        {
            // Before anything is stored or told: others may wait for these slots.
            _fanOut.Dismiss();
        }

        return FinishAsync(result);
    }

    private async Task FinishAsync(EngineResult result)
    {
        try
        {
            await _progress.CompleteAsync();
            // A drain does not stop a publication: it is short, and the work is done.
            await GuardAsync();
            ChangeStage(JobState.Publishing);
            var publisher = new ResultPublisher(_services.Store, _services.Instruments, _services.Logger);
            var files = await publisher.UploadAsync(_lease.JobId, _lease.Epoch, result, GuardAsync, async files =>
            {
                var status = await CallAsync(_job.GetStatus) ?? throw Stale();
                return ManifestDocument.Write(status, _lease.Epoch, _services.Options.Clock.GetUtcNow(), status.Seconds + Elapsed().TotalSeconds, files, result);
            });
            await CallAsync(() => _job.Complete(_lease.Epoch));
            LogPublished(_lease.JobId, _lease.Epoch, files);
        }
        catch (Exception e)
        {
            await EndAsync(e);
        }
    }

    /// <summary>May this epoch still publish? Asked before every file, so that an epoch that was replaced or cancelled stops soon; what fences it is the job's state.</summary>
    private async Task GuardAsync()
    {
        if (Reason == StopReason.Cancel)
            throw Stale();
        await CallAsync(() => _job.BeginPublish(_lease.Epoch));
    }

    /// <summary>Tells the job how the run ended without a result.</summary>
    private async Task EndAsync(Exception error)
    {
        await _progress.CompleteAsync();
        if (error is StaleEpochException || (error is OperationCanceledException && Reason == StopReason.Cancel))
        {
            // Frees the slot of a cancelled job; a job with another epoch ignores it.
            LogStopped(_lease.JobId, _lease.Epoch, "cancelled or replaced");
            await CallAsync(() => _job.Release(_lease.Epoch, requeue: false));
        }
        else if (error is OperationCanceledException && Reason == StopReason.Drain)
        {
            LogStopped(_lease.JobId, _lease.Epoch, "the silo stops");
            await CallAsync(() => _job.Release(_lease.Epoch, _requeue));
        }
        else
        {
            _abandon.ThrowIfCancellationRequested();
            LogFailed(error, _lease.JobId, _lease.Epoch);
            await CallAsync(() => _job.Fail(_lease.Epoch, Describe(error)));
        }
    }

    private static ErrorDetail Describe(Exception error) => error switch
    {
        OneShotException known => known.Detail,
        IOException => new ErrorDetail(ErrorCodes.Failed, error.Message, null, "Nothing was published."),
        OutOfMemoryException => new ErrorDetail(ErrorCodes.Limit, "The machine has too little memory for this job.", null, "Use a smaller resolution, bf16, or a machine with more memory."),
        _ => new ErrorDetail(ErrorCodes.Failed, $"The engine failed: {error.Message}"),
    };

    private async Task CommitCheckpointAsync(int step, string path)
    {
        // The step that the job refers to already: its file must not be written again.
        if (step == _committedStep)
            return;
        var began = _services.Options.Clock.GetTimestamp();
        // A log that ends before its checkpoint would lack steps for ever.
        await _progress.FlushAsync();
        var target = BlobPaths.Checkpoint(_lease.JobId, _lease.Epoch, step);
        ArtifactInfo info;
        await using (var content = File.OpenRead(path))
            info = await _services.Store.WriteAsync(target, content, WriteCondition.Any, _abandon);
        try
        {
            await CallAsync(() => _job.CommitCheckpoint(_lease.Epoch, new CheckpointReference(_lease.Epoch, step, target, info.Bytes, info.Sha256)));
        }
        catch (StaleEpochException)
        {
            await _services.Store.DeleteAsync(target, _abandon);
            Stop(StopReason.Cancel);
            throw;
        }

        _committedStep = step;
        _services.Instruments.OnStored(_services.Store.Kind, info.Bytes);
        _services.Instruments.OnCheckpoint(_services.Options.Clock.GetElapsedTime(began));
    }

    private TimeSpan Elapsed() => _services.Options.Clock.GetElapsedTime(_began);

    private StaleEpochException Stale() => new(_lease.JobId, _lease.Epoch, _lease.Epoch);

    private void ChangeStage(JobState? stage)
    {
        if (stage == _stage)
            return;
        _services.Instruments.OnStage(_stage, stage);
        _stage = stage;
    }

    private async Task CallAsync(Func<Task> call) => await _calls.ExecuteAsync(async _ => await call(), _abandon);

    private async Task<T> CallAsync<T>(Func<Task<T>> call) => await _calls.ExecuteAsync(async _ => await call(), _abandon);

    private void DeleteFolder(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFolder(e, folder);
        }
    }
}
