using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Models;

/// <summary>
/// A pull. That it is wanted is durable before anybody is told so; the pull itself runs beside the grain's turns, and a reminder has it go on elsewhere when
/// its silo has died.
/// </summary>
internal sealed partial class ModelPullGrain(
    [PersistentState("model-pull", OneShotStorage.Name)] IPersistentState<ModelPullRecord> storage,
    IServiceProvider services,
    IOptions<OneShotGrainsOptions> options,
    ILogger<ModelPullGrain> logger
) : Grain, IModelPullGrain, IRemindable, IProgress<TransferProgress>, IDisposable
{
    private const string Reminder = "pull";

    // One write at a time: calls and the pull's end both change the state.
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private ModelPullRecord _state = new();
    private TransferProgress? _progress;
    private Task _pull = Task.CompletedTask;
    private bool _isPulling;

    private string Name => this.GetPrimaryKeyString();

    private DateTimeOffset Now => options.Value.Clock.GetUtcNow();

    private bool IsWanted => _state is { Wanted: not null, State: ModelPullState.Pulling };

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = storage.State;
        GoOn();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _pull.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _writing.Dispose();
        _stop.Dispose();
    }

    public async Task<ModelPullStatus> Start(ModelPullRequest wanted)
    {
        RequirePuller().Require(Name, wanted);
        if (IsWanted)
        {
            if (_state.Wanted != wanted)
            {
                throw Taken($"{_state.Wanted!.Repository} is being pulled under the name {Name}");
            }
        }
        else
        {
            var isThere = (await GrainFactory.GetGrain<IModelLibraryGrain>(0).Find(Name)).Model is not null;
            if (isThere && _state.Wanted != wanted)
            {
                throw Taken($"There is a model {Name} already{(_state.Wanted is { } known ? $", of {known.Repository}" : "")}");
            }

            if (isThere && _state.State == ModelPullState.Ready)
            {
                return Tell();
            }

            Volatile.Write(ref _progress, null);
            await ChangeAsync(new ModelPullRecord { Wanted = wanted, Started = Now });
        }

        // Before anybody is told: without it a pull whose silo dies would stand still until it is asked for again. Also if it was known: the call that brought
        // it may have failed here.
        await RemindAsync();
        GoOn();
        return Tell();
    }

    public Task<ModelPullStatus?> GetStatus()
    {
        if (_state.Wanted is null)
        {
            // Any name can be asked for.
            DeactivateOnIdle();
            return Task.FromResult<ModelPullStatus?>(null);
        }

        return Task.FromResult<ModelPullStatus?>(Tell());
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (IsWanted)
        {
            GoOn();
        }
        else
        {
            await ForgetReminderAsync();
        }
    }

    void IProgress<TransferProgress>.Report(TransferProgress value) => Volatile.Write(ref _progress, value);

    private static OneShotException Taken(string why) => new(new ErrorDetail(ErrorCodes.Conflict, $"{why}.", "name", "Give this one another name."));

    private IModelPuller RequirePuller() =>
        services.GetService<IModelPuller>()
        ?? throw new OneShotException(
            new ErrorDetail(
                ErrorCodes.Forbidden,
                "This server pulls no models.",
                "repository",
                "Its operator allows it with: oneshot serve --allow-pull, on all silos alike; or upload the model."
            )
        );

    private ModelPullStatus Tell()
    {
        var (wanted, progress) = (_state.Wanted!, Volatile.Read(ref _progress));
        var whole = _state.State == ModelPullState.Ready ? _state.Bytes : null;
        return new ModelPullStatus
        {
            State = _state.State,
            Repository = wanted.Repository,
            Revision = wanted.Revision,
            Fp16 = wanted.Fp16,
            BytesDone = whole ?? progress?.Bytes ?? 0,
            Bytes = whole ?? progress?.Total ?? _state.Bytes,
            Error = _state.Error,
            Started = _state.Started,
            Finished = _state.Finished,
        };
    }

    private void GoOn()
    {
        if (IsWanted && !_isPulling && !_stop.IsCancellationRequested)
        {
            _isPulling = true;
            _pull = PullAsync(_state.Wanted!);
        }
    }

    /// <summary>Pulls, and notes what became of it; does not throw.</summary>
    private async Task PullAsync(ModelPullRequest wanted)
    {
        ErrorDetail? error = null;
        try
        {
            LogBegan(Name, wanted.Repository, wanted.Revision);
            var puller = RequirePuller();
            // Files are read, hashed and written: not on the silo's own threads.
            await Task.Run(() => puller.PullAsync(Name, wanted, this, _stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The activation goes; the reminder has the next one go on.
            return;
        }
        catch (OneShotException e)
        {
            error = e.Detail;
            LogFailed(e, Name, wanted.Repository);
        }
        catch (Exception e)
        {
            error = new ErrorDetail(
                ErrorCodes.Failed,
                "The pull failed; the log of its silo says more.",
                Hint: "Ask for it again: it goes on where it stopped."
            );
            LogFailed(e, Name, wanted.Repository);
        }

        try
        {
            await ChangeAsync(
                _state with
                {
                    State = error is null ? ModelPullState.Ready : ModelPullState.Failed,
                    Error = error,
                    Finished = Now,
                    Bytes = Volatile.Read(ref _progress)?.Total ?? _state.Bytes,
                }
            );
            _isPulling = false;
            await ForgetReminderAsync();
        }
        catch (Exception e)
        {
            // The next activation, which the reminder brings, finds the model there.
            LogNotNoted(e, Name);
            DeactivateOnIdle();
        }
    }

    /// <summary>Changes what is stored, and then what is known.</summary>
    private async Task ChangeAsync(ModelPullRecord next)
    {
        await _writing.WaitAsync();
        try
        {
            storage.State = next;
            await storage.WriteStateAsync();
            _state = next;
        }
        catch
        {
            // Whether it was written is not known: the next activation reads what is there.
            DeactivateOnIdle();
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task RemindAsync() => await this.RegisterOrUpdateReminder(Reminder, options.Value.BackstopPeriod, options.Value.BackstopPeriod);

    private async Task ForgetReminderAsync()
    {
        try
        {
            if (await this.GetReminder(Reminder) is { } reminder)
            {
                await this.UnregisterReminder(reminder);
            }
        }
        catch (Exception e)
        {
            // It comes again, and finds nothing again.
            LogStillReminded(e, Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Pulls the model {Name}: {Repository}, {Revision}")]
    private partial void LogBegan(string name, string repository, string revision);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The model {Name} ({Repository}) could not be pulled")]
    private partial void LogFailed(Exception error, string name, string repository);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What became of the pull of the model {Name} could not be stored; it is looked at again")]
    private partial void LogNotNoted(Exception error, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The reminder of the pull of the model {Name} could not be taken away")]
    private partial void LogStillReminded(Exception error, string name);
}

/// <summary>What a pull must remember.</summary>
[GenerateSerializer, Alias("oneshot.ModelPullRecord")]
internal sealed record ModelPullRecord
{
    /// <summary>What to pull; null: nobody has asked for anything.</summary>
    [Id(0)]
    public ModelPullRequest? Wanted { get; init; }

    /// <summary>How far it is.</summary>
    [Id(1)]
    public ModelPullState State { get; init; }

    /// <summary>When it was asked for.</summary>
    [Id(2)]
    public DateTimeOffset Started { get; init; }

    /// <summary>When it ended; null: it has not.</summary>
    [Id(3)]
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Why it failed.</summary>
    [Id(4)]
    public ErrorDetail? Error { get; init; }

    /// <summary>Bytes of all files, of one that has ended.</summary>
    [Id(5)]
    public long? Bytes { get; init; }
}
