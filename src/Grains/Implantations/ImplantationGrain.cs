using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Tracing;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>
/// A job of either kind: an implantation, or a generation, which is told apart by its request alone. Each call changes the stored state first and acts on
/// others afterwards; every act can be repeated, so a crash in between is mended by the next call. This file: what clients call.
/// </summary>
internal sealed partial class ImplantationGrain(
    [PersistentState(ImplantationGrain.StateName, OneShotStorage.Name)] IPersistentState<ImplantationState> storage,
    [FromKeyedServices(OneShotStorage.Name)] IGrainStorage states,
    IArtifactStore store,
    IClusterMembershipService membership,
    IOptions<OneShotGrainsOptions> options,
    OneShotInstruments instruments,
    ILogger<ImplantationGrain> logger
) : Grain, IImplantationGrain, IGenerationGrain, IScheduledImplantation, ITrainedImplantation, IIncomingGrainCallFilter
{
    // Part of the stored key.
    private const string StateName = "job";

    private ImplantationState _state = new();
    private ProgressLog _log = null!;
    private TaskCompletionSource _news = NewSignal();
    private long _visible;
    private string? _storeAway;
    private long _confirmed;
    private int _writing;
    private IGrainTimer? _logTimer;
    private bool _ended;
    private int _step;
    private int _steps;

    private string Id => this.GetPrimaryKeyString();

    /// <summary>What was asked for; null: there is no such job.</summary>
    private IJobRequest? Asked => _state.Asked();

    private DateTimeOffset Now => options.Value.Clock.GetUtcNow();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = storage.State;
        _confirmed = options.Value.Clock.GetTimestamp();
        if (Asked is null)
        {
            return;
        }
        if (_state.State != JobState.Succeeded)
        {
            await LookIntoStoreAsync(cancellationToken);
        }
        _log = new ProgressLog(store, Id);
        await _log.LoadAsync(Newest, cancellationToken);
        (_step, _steps, _visible) = (_state.Step, _state.Steps, _log.Last);
        TakePublishedSoon();
        if (_state.State.IsFinal())
        {
            // A crash between the state and the log: the last event is still owed to those who watch.
            if (_log.Newest?.Stage != _state.State)
            {
                await LogAsync(EventOf(_state));
            }
            _ended = true;
        }
        else if (_state.State == JobState.Queued && _log.Newest?.Stage != JobState.Queued && !_hasManifest)
        {
            await LogAsync(EventOf(_state, Waiting()));
        }
    }

    /// <summary>All that is logged during a call names the job's trace.</summary>
    /// <param name="context">The call.</param>
    /// <returns>When answered.</returns>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        using (logger.BeginScope(new JobScope(Id, null, TraceParent.TraceIdOf(_state.Trace ?? TraceParent.Current))))
        {
            await context.Invoke();
        }
    }

    public async Task<ImplantationStatus> Submit(ImplantationRequest request, CancellationToken cancellationToken = default)
    {
        RequestValidator.RequireId(Id);
        RequestValidator.Require(request);
        RequireNoForeignRun(request);
        await SubmitAsync(request, () => Task.FromResult(new ImplantationState { Request = request }), cancellationToken);
        return Status();
    }

    public async Task<ImplantationStatus?> GetStatus()
    {
        if (_state.Request is null)
        {
            return null;
        }
        await RequireCurrentAsync();
        var status = Status();
        return _state switch
        {
            { State: JobState.Queued, Parked: false } => await WithQueueAsync(status),
            { State: >= JobState.Preparing and <= JobState.Publishing } => await WithFinishAsync(status),
            _ => status,
        };
    }

    public async IAsyncEnumerable<ProgressEvent> Watch(long fromSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RequireSubmitted();
        var next = Math.Max(1, fromSequence);
        _watchers++;
        HurryLog();
        try
        {
            while (true)
            {
                // Taken before looking, so that news between the look and the wait is not missed.
                var news = _news.Task;
                while (next <= _visible)
                {
                    yield return _log[next++];
                }
                if (_ended)
                {
                    yield break;
                }
                try
                {
                    await news.WaitAsync(options.Value.StateTrust, options.Value.Clock, cancellationToken);
                }
                catch (TimeoutException)
                {
                    await RequireCurrentAsync();
                }
            }
        }
        finally
        {
            _watchers--;
        }
    }

    public async Task<bool> Delete()
    {
        if (Asked is null)
        {
            return false;
        }
        if (!_state.State.IsFinal())
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Conflict, $"Job {Id} is {Word(_state.State)}; cancel it first.", "id"));
        }
        await GrainFactory.GetGrain<ISchedulerGrain>(0).Remove(Id);
        await DeleteFilesAsync(StorePaths.Job(Id));
        await GrainFactory.GetGrain<IJobCatalogGrain>(0).Remove(Id);
        await storage.ClearStateAsync();
        _state = new ImplantationState();
        DeactivateOnIdle();
        return true;
    }

    /// <summary>Accepts a request of either kind, once.</summary>
    /// <param name="request">The request, checked.</param>
    /// <param name="first">Makes the state that the request is first stored in; throws if it can't be taken.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    private async Task SubmitAsync(IJobRequest request, Func<Task<ImplantationState>> first, CancellationToken cancellationToken)
    {
        if (Asked is null)
        {
            await KnowAgainAsync(cancellationToken);
        }
        if (Asked is { } known && !Agree(request, known, _state.Files))
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Conflict, $"Job {Id} exists with another request; use a new id.", "id"));
        }
        if (Asked is null)
        {
            var state = await first();
            await GrainFactory.GetGrain<ISchedulerGrain>(0).Admit(Id, request.Owner);
            _step = _steps = 0;
            await WriteAsync(state with { State = JobState.Queued, Created = Now, QueuedAt = Now, Trace = TraceParent.Current ?? TraceParent.Create() });
            LogSubmitted(Id, request.Owner, request.Model.Name);
            // Listed before it is queued, so the recovery after a crash finds it.
            await PutSummaryAsync();
            await LogAsync(EventOf(_state, "Waits for a free slot."));
            await EnqueueAsync();
        }
        else if (_state.State == JobState.Submitted)
        {
            // Of an earlier version, which stored a job before it was queued.
            await PutSummaryAsync();
            await QueueAsync(_state, "Waits for a free slot.");
        }
        else if (_state is { State: JobState.Queued, Parked: false })
        {
            // Said again: as far as a crash let the first call come, this one mends.
            await PutSummaryAsync();
            await EnqueueAsync();
        }
    }

    /// <summary>What the scheduler knows of why it waits; null: it does not wait, or nobody knows more than the job itself.</summary>
    private async Task<string?> ExplainAsync()
    {
        if (_state is not { State: JobState.Queued, Parked: false })
        {
            return null;
        }

        return (await AskAsync(() => GrainFactory.GetGrain<ISchedulerGrain>(0).GetOutlook(Id)))?.Waiting;
    }

    private void RequireSubmitted()
    {
        if (Asked is null)
        {
            throw NoSuchJob();
        }
    }

    private OneShotException NoSuchJob() => new(new ErrorDetail(ErrorCodes.NotFound, $"There is no job {Id}.", "id"));

    private string? Waiting() =>
        _state.State switch
        {
            JobState.Submitted => "Is not queued yet.",
            JobState.Queued when _state.Parked => "Was interrupted; goes on with the next process that resumes.",
            JobState.Queued => "Waits for a free slot.",
            _ when _storeAway is not null && !_state.State.IsFinal() => $"Waits for the store: {_storeAway}",
            _ => null,
        };

    private ImplantationStatus Status() =>
        new()
        {
            Id = Id,
            State = _state.State,
            Request = _state.Request!,
            Epoch = _state.Epoch,
            Step = _step,
            Steps = _steps,
            Created = _state.Created,
            Started = _state.Started,
            Finished = _state.Finished,
            Waiting = Waiting(),
            Error = _state.Error,
            Warnings = _state.Warnings,
            Files = _state.Files,
            Metrics = _state.Metrics,
            Seconds = _state.Seconds,
            LastSequence = _visible,
            Manifest = _state.State == JobState.Succeeded ? _state.Manifest : null,
            Retries = _state.Retries,
        };
}
