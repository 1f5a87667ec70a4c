using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Storage;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Paging;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Datasets;

/// <summary>
/// A run over many photos. Reentrant: its jobs call it while it calls them. Each decision is one synchronous step on <see cref="DatasetBook"/>, stored before
/// anybody is told or asked, and every act on a job can be repeated, so a crash between any two writes is mended by the next turn
/// (<see cref="TurnAsync"/>). What is answered is what was stored. This file: what clients call.
/// </summary>
[Reentrant]
internal sealed partial class DatasetRunGrain(
    [PersistentState("run", OneShotStorage.Name)] IPersistentState<DatasetRow> storage,
    [FromKeyedServices(OneShotStorage.Name)] IGrainStorage pages,
    IArtifactStore store,
    IOptions<OneShotGrainsOptions> options,
    OneShotInstruments instruments,
    ILogger<DatasetRunGrain> logger
) : Grain, IDatasetRunGrain, IDisposable
{
    private DatasetRow _row = new();
    private DatasetBook _book = new(0, [], 0);
    private DatasetBatches _batches = null!;
    private PagedList<DatasetLine> _lines = null!;
    private SharedWrites _writes = null!;
    private TaskCompletionSource _news = NewSignal();

    private string Id => this.GetPrimaryKeyString();

    private DateTimeOffset Now => options.Value.Clock.GetUtcNow();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _batches = new DatasetBatches(store, Id);
        await LoadAsync();
        // A silo that trains goes on with what another one has left; one that only looks leaves it.
        if (options.Value.ResumeOnStart && _row.Request is not null && !_row.State.IsAtRest())
        {
            KeepAwake(TimeSpan.Zero);
        }
    }

    public async Task<DatasetRunStatus> Create(DatasetRunRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!DatasetRules.IsRunId(Id))
        {
            throw Refuse(ErrorCodes.InvalidInput, $"'{SettingRules.Shown(Id)}' can't be the id of a dataset run.", "id");
        }
        Require([.. DatasetRules.Find(request)]);
        if (_row.Request is { } known)
        {
            // Records compare collections by reference; their documents compare by value.
            if (JsonSerializer.Serialize(known) != JsonSerializer.Serialize(request))
            {
                throw Refuse(ErrorCodes.Conflict, $"Dataset run {Id} exists with another request; use a new id.", "id");
            }
        }
        else
        {
            _book = new DatasetBook(request.Items, [], 0);
            SetRow(
                new DatasetRow
                {
                    Request = request,
                    State = DatasetRunState.Running,
                    Created = Now,
                }
            );
            LogCreated(Id, request.Owner, request.Items);
        }

        // Listed also if a crash came in between: who makes it says it again.
        await FlushAsync();
        await ListAsync();
        Wake();
        return Status();
    }

    public async Task<DatasetRunStatus?> GetStatus() => _row.Request is null ? null : await ShownAsync(Status);

    public async IAsyncEnumerable<DatasetRunStatus> Watch(long after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            RequireMade();
            // Taken before looking, so that news between the look and the wait is not missed.
            var news = _news.Task;
            var status = await ShownAsync(Status);
            if (status.Version > after)
            {
                after = status.Version;
                yield return status;
            }
            if (status.State.IsAtRest())
            {
                yield break;
            }
            await news.WaitAsync(cancellationToken);
        }
    }

    public Task<DatasetItemPage> ListItems(DatasetItemQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        RequireMade();
        return ShownAsync(() => _book.List(query));
    }

    public async Task<DatasetRunStatus> Cancel()
    {
        RequireMade();
        if (_row.State == DatasetRunState.Running)
        {
            SetRow(_row with { State = DatasetRunState.Cancelling });
            LogCancelled(Id);
        }

        await FlushAsync();
        await ListAsync();
        Wake();
        return Status();
    }

    public Task<DatasetRunStatus> Resume()
    {
        RequireMade();
        return BeginAgainAsync(DatasetItemState.Cancelled);
    }

    public Task<DatasetRunStatus> Retry()
    {
        RequireMade();
        return _row.State is DatasetRunState.Cancelling or DatasetRunState.Cancelled
            ? throw Refuse(ErrorCodes.Conflict, $"Dataset run {Id} was cancelled; resume it first, then retry.", "id")
            : BeginAgainAsync(DatasetItemState.Failed);
    }

    public async Task<bool> Delete()
    {
        if (_row.Request is null)
        {
            return false;
        }
        if (!_row.State.IsAtRest())
        {
            throw Refuse(ErrorCodes.Conflict, $"Dataset run {Id} is {_row.State.ToString().ToLowerInvariant()}; cancel it first.", "id");
        }

        await FlushAsync();
        // From here on it is not there for anybody, whatever else comes in between.
        _row = new DatasetRow();
        try
        {
            await store.DeletePrefixAsync(StorePaths.DatasetRun(Id));
            await GrainFactory.GetGrain<IDatasetCatalogGrain>(0).Remove(Id);
            await _lines.ClearAsync();
            await storage.ClearStateAsync();
        }
        finally
        {
            Signal();
            DeactivateOnIdle();
        }

        return true;
    }

    public void Dispose()
    {
        _writes?.Dispose();
        _listing.Dispose();
    }

    /// <summary>
    /// Has items of a state wait again, and the run go on. The list hears of it first, so that whatever dies the run is found; the items are stored before the
    /// run, so that one that goes on by itself again has all of them.
    /// </summary>
    private async Task<DatasetRunStatus> BeginAgainAsync(DatasetItemState state)
    {
        var again = _book.In(state).Where(line => line.Batch is not null).ToList();
        foreach (var line in again)
        {
            Set(line with { State = DatasetItemState.Waiting, Error = null });
        }

        if (_row.State != DatasetRunState.Running && (_row.State != DatasetRunState.Finished || again.Count > 0))
        {
            // The jobs that were asked to stop and have not told their end yet are wanted again.
            _wantedAgain.UnionWith(_book.RunningLines.Select(line => line.Number));
            SetRow(_row with { State = DatasetRunState.Running, Finished = null });
            await ListAsync();
        }

        LogGoesOn(Id, again.Count, state);
        await FlushAsync();
        Wake();
        return Status();
    }

    private DatasetRunStatus Status() =>
        new()
        {
            Id = Id,
            Name = _row.Request!.Name,
            Owner = _row.Request.Owner,
            State = _row.State,
            Version = _book.Version,
            Items = _row.Request.Items,
            Counts = _book.Counts,
            Priority = _row.Request.Priority,
            Parallel = _row.Request.Parallel,
            Metadata = _row.Request.Metadata,
            Created = _row.Created,
            Finished = _row.Finished,
            Waiting = _row.State == DatasetRunState.Running && _book.Waiting > 0 ? _blocked : null,
        };

    private void RequireMade()
    {
        if (_row.Request is null)
        {
            throw Refuse(ErrorCodes.NotFound, $"There is no dataset run {SettingRules.Shown(Id)}.", "id");
        }
    }

    private static void Require(ImmutableArray<SettingProblem> problems)
    {
        if (!problems.IsEmpty)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, problems[0].Message, problems[0].Field))
            {
                Fields = [.. problems.Select(problem => new ProblemField(problem.Field, problem.Message))],
            };
        }
    }

    private static OneShotException Refuse(string code, string message, string? field) => new(new ErrorDetail(code, message, field));

    [LoggerMessage(Level = LogLevel.Information, Message = "Dataset run {RunId} of {Owner} was made for {Items} items")]
    private partial void LogCreated(string runId, string owner, int items);

    [LoggerMessage(Level = LogLevel.Information, Message = "Dataset run {RunId} was cancelled")]
    private partial void LogCancelled(string runId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Dataset run {RunId} goes on with {Count} items that had {State}")]
    private partial void LogGoesOn(string runId, int count, DatasetItemState state);
}
