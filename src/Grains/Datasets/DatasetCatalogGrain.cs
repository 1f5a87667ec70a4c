using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Paging;

namespace OrleansOneShot.Grains.Datasets;

/// <summary>
/// The list of all dataset runs. Written when a run begins, comes to rest or goes on; the counts of one that is not at rest are asked from the run itself.
/// Reentrant: calls that come while a write is under way share the next.
/// </summary>
[Reentrant]
internal sealed partial class DatasetCatalogGrain(
    [PersistentState("dataset-catalog", OneShotStorage.Name)] IPersistentState<DatasetCatalogState> storage,
    [FromKeyedServices(OneShotStorage.Name)] IGrainStorage pages,
    ILogger<DatasetCatalogGrain> logger
) : Grain, IDatasetCatalogGrain, IDisposable
{
    private readonly Dictionary<string, DatasetRunStatus> _runs = new(StringComparer.Ordinal);
    private readonly SortedSet<DatasetRunStatus> _newestFirst = new(Comparer<DatasetRunStatus>.Create(Compare));
    private PagedList<DatasetRunStatus> _lines = null!;
    private SharedWrites _writes = null!;
    private bool _fenced;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _lines = new PagedList<DatasetRunStatus>(pages, this.GetGrainId(), "runs", run => run.Id);
        _writes = new SharedWrites(WriteAsync);
        foreach (var run in await _lines.LoadAsync(storage.State.Pages))
        {
            Show(run);
        }
    }

    public Task Put(DatasetRunStatus run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (_runs.GetValueOrDefault(run.Id) is not { } known || known.Version != run.Version || known.State != run.State)
        {
            Show(run);
            _lines.Set(run);
            _writes.Changed();
        }

        // Also of what is known already: another call may still be writing it.
        return FlushAsync();
    }

    public Task Remove(string runId)
    {
        if (_runs.Remove(runId, out var known))
        {
            _newestFirst.Remove(known);
            _lines.Remove(runId);
            _writes.Changed();
        }

        return FlushAsync();
    }

    public async Task<DatasetRunPage> List(DatasetRunQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.PageSize is < 1 or > DatasetRunQuery.MaxPageSize)
        {
            throw Refuse("page_size", $"page_size is {query.PageSize}; it must be from 1 to {DatasetRunQuery.MaxPageSize}.");
        }

        var found = From(query.Cursor)
            .Where(run => (query.Owner is null || run.Owner == query.Owner) && (query.State is null || run.State == query.State))
            .Take(query.PageSize + 1)
            .ToList();
        var more = found.Count > query.PageSize;
        if (more)
        {
            found.RemoveAt(query.PageSize);
        }
        var cursor = more ? string.Create(CultureInfo.InvariantCulture, $"{found[^1].Created.UtcTicks}_{found[^1].Id}") : null;
        return new DatasetRunPage([.. await Task.WhenAll(found.Select(RefreshAsync))], cursor);
    }

    public void Dispose() => _writes?.Dispose();

    private static int Compare(DatasetRunStatus? one, DatasetRunStatus? other)
    {
        var newer = other!.Created.CompareTo(one!.Created);
        return newer != 0 ? newer : string.CompareOrdinal(one.Id, other.Id);
    }

    private static OneShotException Refuse(string field, string message) => new(new ErrorDetail(ErrorCodes.InvalidInput, message, field));

    private IEnumerable<DatasetRunStatus> From(string? cursor)
    {
        if (cursor is null)
        {
            return _newestFirst;
        }
        if (
            cursor.Split('_', 2) is not [var text, var id]
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            || ticks > DateTimeOffset.MaxValue.UtcTicks
        )
        {
            throw Refuse("cursor", "cursor is none that a page gave; start again without it.");
        }

        // Runs are few: walked past, not searched for.
        var created = new DateTimeOffset(ticks, TimeSpan.Zero);
        return _newestFirst.SkipWhile(run => run.Created > created || (run.Created == created && string.CompareOrdinal(run.Id, id) <= 0));
    }

    private async Task<DatasetRunStatus> RefreshAsync(DatasetRunStatus run)
    {
        if (run.State.IsAtRest())
        {
            return run;
        }
        try
        {
            return await GrainFactory.GetGrain<IDatasetRunGrain>(run.Id).GetStatus() ?? run;
        }
        catch (Exception e)
        {
            // A list is worth more than a fresh count.
            LogNotRefreshed(e, run.Id);
            return run;
        }
    }

    private void Show(DatasetRunStatus run)
    {
        if (_runs.TryGetValue(run.Id, out var old))
        {
            _newestFirst.Remove(old);
        }
        _runs[run.Id] = run;
        _newestFirst.Add(run);
    }

    private async Task FlushAsync()
    {
        try
        {
            await _writes.FlushAsync();
        }
        catch
        {
            // What is stored is not known, or is another activation's: the next one reads it.
            DeactivateOnIdle();
            throw;
        }
    }

    private async Task WriteAsync()
    {
        var (changes, wanted) = (_lines.TakeChanges(), _lines.Pages);
        if (!_fenced)
        {
            await _lines.FenceAsync();
            _fenced = true;
        }
        // A page that the state does not count would not be read again.
        if (storage.State.Pages < wanted)
        {
            storage.State = new DatasetCatalogState { Pages = wanted };
            await storage.WriteStateAsync();
        }

        await changes.WriteAdditionsAsync();
        await changes.WriteRemovalsAsync();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dataset run {RunId} could not be asked how far it is; the list shows what it knows")]
    private partial void LogNotRefreshed(Exception error, string runId);
}

/// <summary>What the list of dataset runs remembers beside its lines, which lie in pages.</summary>
[GenerateSerializer, Alias("oneshot.DatasetCatalogState")]
internal sealed record DatasetCatalogState
{
    /// <summary>Number of pages.</summary>
    [Id(0)]
    public int Pages { get; init; }
}
