using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Grains.Paging;

namespace OrleansOneShot.Grains.Datasets;

/// <summary>How a run is stored, and what of it is shown.</summary>
internal sealed partial class DatasetRunGrain
{
    private readonly SemaphoreSlim _listing = new(1, 1);
    private bool _rowChanged;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Fixed from the start, so that no page has to be made known before it is used.
    private static int PagesOf(int items) => (items + PagedList<DatasetLine>.PageSize - 1) / PagedList<DatasetLine>.PageSize;

    private PagedList<DatasetLine> NewList() => new(pages, this.GetGrainId(), "items", line => FormattableString.Invariant($"{line.Number}"));

    private async Task LoadAsync()
    {
        _row = storage.State;
        _lines = NewList();
        _writes = new SharedWrites(WriteAsync);
        if (_row.Request is { } request)
        {
            _book = new DatasetBook(request.Items, await _lines.LoadAsync(PagesOf(request.Items)), _row.Version);
        }
    }

    private void Set(DatasetLine line)
    {
        _lines.Set(_book.Set(line));
        _writes.Changed();
    }

    private void SetRow(DatasetRow row)
    {
        _row = row with { Version = _book.Touch() };
        _rowChanged = true;
        _writes.Changed();
    }

    /// <summary>Waits until all that has changed so far is stored. Calls that come meanwhile share the next write.</summary>
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

    /// <summary>Items first, then the run: a run that is stored as finished has all its ends.</summary>
    private async Task WriteAsync()
    {
        var (changes, row, rowChanged) = (_lines.TakeChanges(), _row, _rowChanged);
        _rowChanged = false;
        await changes.WriteAdditionsAsync();
        if (rowChanged)
        {
            storage.State = row;
            await storage.WriteStateAsync();
        }

        Signal();
    }

    /// <summary>What is true now, told once it is stored: nobody hears what a crash could take back.</summary>
    private async Task<T> ShownAsync<T>(Func<T> look)
    {
        var seen = look();
        await FlushAsync();
        return seen;
    }

    private void Signal()
    {
        var news = _news;
        _news = NewSignal();
        news.SetResult();
    }

    /// <summary>
    /// Tells the list how the run stands. As long as the list has it as unfinished, a start of a process and the scheduler's reminder come back to it: so the
    /// list hears of a run that goes on before it is stored so, and of its rest afterwards. One at a time, so that the last word is the latest.
    /// </summary>
    private async Task ListAsync()
    {
        await _listing.WaitAsync();
        try
        {
            if (_row.Request is not null)
            {
                await GrainFactory.GetGrain<IDatasetCatalogGrain>(0).Put(Status());
            }
        }
        finally
        {
            _listing.Release();
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Dataset run {RunId} is {State}: {Succeeded} items succeeded, {Failed} failed, {Cancelled} cancelled"
    )]
    private partial void LogAtRest(string runId, DatasetRunState state, int succeeded, int failed, int cancelled);
}
