using System.Globalization;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Estimates;
using OrleansOneShot.Grains.FanOut;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Storage;
using Polly;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// One epoch of a job on a dedicated thread of this silo: runs the engine, stores checkpoints, publishes, and tells the job how it ended. It is no grain and
/// holds no grain state: all it knows of the job's truth are the answers to its calls, and <see cref="StaleEpochException"/> is one of them.
/// </summary>
internal sealed partial class TrainingRun : IEngineObserver, IDisposable
{
    private readonly TrainingServices _services;
    private readonly SlotLease _lease;
    private readonly RunOrder _order;
    private readonly ITrainedImplantation _job;
    private readonly ResiliencePipeline _farewells;
    private readonly OutageRetry _calls;
    private readonly OutageRetry _writes;
    private readonly CancellationTokenSource _waits;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _abandon;
    private readonly long _began;
    private readonly StepCoordinator? _borrowed;
    private readonly RunStopwatch _stopwatch;
    private ProgressPump _progress = null!;
    private RunFolder? _folder;
    private int _committedStep = -1;
    private JobState? _stage;
    private int _step;
    private int _steps;
    private int _reason;
    private bool _requeue;
    private volatile OutageException? _unheard;

    /// <summary>Prepares a run.</summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="lease">The lease with the epoch to work for.</param>
    /// <param name="order">What to do.</param>
    /// <param name="abandon">Ends all waiting: the process goes down.</param>
    public TrainingRun(TrainingServices services, SlotLease lease, RunOrder order, CancellationToken abandon)
    {
        _services = services;
        _lease = lease;
        _order = order;
        _abandon = abandon;
        _job = services.Grains.GetGrain<ITrainedImplantation>(lease.JobId);
        // Pictures are drawn where the job is.
        _borrowed = order.Request is ImplantationRequest request
            ? new StepCoordinator(new ClusterLender(services.Grains, lease, request), lease, services.Options, services.Instruments, services.Logger)
            : null;
        var (clock, limit) = (services.Options.Clock, services.Options.StoreOutageLimit);
        _farewells = JobCallRetry.Create(clock, services.Logger);
        _calls = new OutageRetry(clock, limit, error => error is not (OneShotException or OperationCanceledException), Note, services.Logger);
        _writes = new OutageRetry(clock, limit, IsAway, Note, services.Logger);
        _waits = CancellationTokenSource.CreateLinkedTokenSource(abandon);
        _began = services.Options.Clock.GetTimestamp();
        _stopwatch = new RunStopwatch(services.Options.Clock);
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
            Completion = Task.Factory.StartNew(
                () => Run(slotFree),
                CancellationToken.None,
                TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                TaskScheduler.Default
            );
        }
    }

    /// <summary>Asks the engine to stop at its next step.</summary>
    /// <param name="reason">Why; cancelling outweighs draining.</param>
    /// <param name="requeue">When draining: whether the job is queued again at once.</param>
    public void Stop(StopReason reason, bool requeue = false)
    {
        _requeue = requeue;
        if ((int)reason > Interlocked.CompareExchange(ref _reason, (int)reason, (int)StopReason.None))
        {
            Interlocked.Exchange(ref _reason, (int)reason);
        }
        // Callbacks of the engine must not run on the caller, which may be a grain. A run that has ended meanwhile needs no signal.
        Task.Run(
                () =>
                {
                    _stop.Cancel();
                    // A checkpoint of a job that is over is not worth waiting for; one of a job that goes on elsewhere is.
                    if (Reason == StopReason.Cancel)
                    {
                        _waits.Cancel();
                    }
                },
                CancellationToken.None
            )
            .Ignore();
    }

    /// <inheritdoc/>
    public void Report(ProgressUpdate update)
    {
        Count(update);
        ChangeStage(update.Stage);
        (_step, _steps) = (update.Step, update.Steps);
        _stopwatch.Add(update);
        _progress.Report(update);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _waits.Dispose();
    }

    /// <inheritdoc/>
    public void CommitCheckpoint(int step, string path, SettledRun? settled = null) => CommitCheckpointAsync(step, path, settled).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void DropCheckpoint(CheckpointReference checkpoint) => CallAsync(() => _job.DropCheckpoint(_lease.Epoch, checkpoint)).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public string StorePreview(int step, byte[] png) =>
        WriteAsync(StorePaths.Preview(_lease.JobId, _lease.Epoch, step), () => new MemoryStream(png, writable: false)).GetAwaiter().GetResult().Path;

    /// <inheritdoc/>
    public void StoreMask(string sha256, byte[] png) =>
        WriteAsync(StorePaths.Mask(_lease.JobId, sha256), () => new MemoryStream(png, writable: false)).GetAwaiter().GetResult();

    private void Run(Task slotFree)
    {
        try
        {
            slotFree.Wait(_abandon);
            using var telling = BeginTelling();
            RunAsync().GetAwaiter().GetResult();
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
            _borrowed?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            DeleteFolder();
        }
    }

    /// <summary>Everything in here runs on the run's own thread up to the engine's return; what follows only waits for input and output.</summary>
    private Task RunAsync()
    {
        LogStarted(_lease.JobId, _lease.Epoch, _lease.Slot, _order.Resume.Checkpoint?.Step ?? 0);
        ChangeStage(JobState.Preparing);
        _progress = new ProgressPump(ReportAsync, OnUnheard);
        EngineResult result;
        try
        {
            _folder = RunFolder.Create(_services.Options.WorkFolder, string.Create(CultureInfo.InvariantCulture, $"{_lease.JobId}-{_lease.Epoch}"));
            _stop.Token.ThrowIfCancellationRequested();
            result = Work(_folder.Path);
        }
        catch (Exception e)
        {
            return EndAsync(e);
        }
        finally
        {
            // Before anything is stored or told: others may wait for these slots.
            _borrowed?.Dismiss();
        }

        return FinishAsync(result);
    }

    private async Task FinishAsync(EngineResult result)
    {
        try
        {
            await _progress.FlushAsync();
            await _progress.CompleteAsync();
            // A drain does not stop a publication: it is short, and the work is done.
            await GuardAsync();
            ChangeStage(JobState.Publishing);
            var publisher = new ResultPublisher(_services.Store, _services.Logger);
            var files = await publisher.UploadAsync(
                _lease.JobId,
                _lease.Epoch,
                result,
                GuardAsync,
                async files =>
                {
                    var status = await CallAsync(GetStatusAsync) ?? throw Stale();
                    return ManifestDocument.Write(
                        status,
                        _lease.Epoch,
                        _services.Options.Clock.GetUtcNow(),
                        status.Seconds + Elapsed().TotalSeconds,
                        files,
                        result
                    );
                },
                WriteAsync
            );
            TellLaterJobs(result);
            CountTrained();

            // Without a limit: once the job has taken the result, there is no other way to its end.
            await TellAsync(() => _job.Complete(_lease.Epoch));
            LogPublished(_lease.JobId, _lease.Epoch, files);
            _services.Worked();
        }
        catch (Exception e)
        {
            await EndAsync(e);
        }
    }

    /// <summary>
    /// May this epoch still publish? Asked before every file, so that an epoch that was replaced or cancelled stops soon; what fences it is the job's state.
    /// </summary>
    private async Task GuardAsync()
    {
        if (Reason == StopReason.Cancel)
        {
            throw Stale();
        }
        await CallAsync(() => _job.BeginPublish(_lease.Epoch));
    }

    private async Task CommitCheckpointAsync(int step, string path, SettledRun? settled)
    {
        // The step that the job refers to already: its file must not be written again.
        if (step == _committedStep)
        {
            return;
        }
        var began = _services.Options.Clock.GetTimestamp();
        using var span = BeginCheckpointSpan(step);
        // A log that ends before its checkpoint would lack steps for ever.
        await _progress.FlushAsync();
        var target = StorePaths.Checkpoint(_lease.JobId, _lease.Epoch, step);
        var info = await WriteAsync(target, () => File.OpenRead(path), CountFailures);
        try
        {
            var reference = new CheckpointReference(_lease.Epoch, step, target, info.Bytes, info.Sha256);
            await CallAsync(() => CountFailures(() => CommitAsync(reference, settled)));
        }
        catch (StaleEpochException)
        {
            await _services.Store.DeleteAsync(target, _abandon);
            Stop(StopReason.Cancel);
            throw;
        }

        _committedStep = step;
        _services.Instruments.OnCheckpoint(_services.Options.Clock.GetElapsedTime(began));
    }

    private async Task<IJobStatus?> GetStatusAsync() =>
        _order.Request is GenerationRequest
            ? await _services.Grains.GetGrain<IGenerationGrain>(_lease.JobId).GetStatus()
            : await _services.Grains.GetGrain<IImplantationGrain>(_lease.JobId).GetStatus();

    private TimeSpan Elapsed() => _services.Options.Clock.GetElapsedTime(_began);

    private StaleEpochException Stale() => new(_lease.JobId, _lease.Epoch, _lease.Epoch);

    private void ChangeStage(JobState? stage)
    {
        if (stage == _stage)
        {
            return;
        }
        _services.Instruments.OnStage(_stage, stage);
        ChangeSpan(stage);
        _stage = stage;
    }

    private static bool IsAway(Exception error) => error is ArtifactStoreException { IsTransient: true };

    /// <summary>The job takes no more progress: it has another epoch, or is out of reach for good. Either way the engine works for nothing.</summary>
    private void OnUnheard(Exception error)
    {
        if (error is StaleEpochException)
        {
            Stop(StopReason.Cancel);
        }
        else if (error is OutageException outage)
        {
            _unheard = outage;
            Stop(StopReason.Drain, requeue: true);
        }
    }

    private void Note(string message) =>
        _progress.Note(
            new ProgressUpdate
            {
                Time = _services.Options.Clock.GetUtcNow(),
                Stage = _stage ?? JobState.Preparing,
                Step = _step,
                Steps = _steps,
                Message = message,
            }
        );

    private Task<ArtifactInfo> WriteAsync(string path, Func<Stream> open) => WriteAsync(path, open, write => write());

    private Task<ArtifactInfo> WriteAsync(string path, Func<Stream> open, Func<Func<Task<ArtifactInfo>>, Task<ArtifactInfo>> eachTry) =>
        _writes.ExecuteAsync(
            cancellationToken =>
                eachTry(async () =>
                {
                    await using var content = open();
                    return await _services.Store.WriteAsync(path, content, WriteCondition.Any, cancellationToken);
                }),
            _waits.Token
        );

    /// <summary>A call in the middle of the work, which waits for its answer, but not for ever.</summary>
    private Task<T> CallAsync<T>(Func<Task<T>> call) => _calls.ExecuteAsync(_ => call(), _waits.Token);

    private Task<bool> CallAsync(Func<Task> call) =>
        CallAsync(async () =>
        {
            await call();
            return true;
        });

    /// <summary>A call at the end of the work: costs no slot, so it is tried until the process ends.</summary>
    private async Task TellAsync(Func<Task> call) => await _farewells.ExecuteAsync(async _ => await call(), _abandon);

    private void DeleteFolder()
    {
        try
        {
            _folder?.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFolder(e, _folder!.Path);
        }
    }
}

/// <summary>Why a run is asked to stop.</summary>
internal enum StopReason
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>The silo stops; the job goes on elsewhere or later.</summary>
    Drain = 1,

    /// <summary>The job was cancelled or replaced; nothing of this run counts any more.</summary>
    Cancel = 2,
}
