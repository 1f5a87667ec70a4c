using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Paging;

namespace OrleansOneShot.Grains.Catalog;

/// <summary>
/// The list of all jobs. Written when a job changes its state, never at a step; the step of a running job is asked from the job itself. What a restart needs of
/// it is which jobs have not ended: that is stored before <see cref="Put"/> returns, as is a job's end. How far one is on its way is written a moment later,
/// for many at once. Reentrant: calls that come while a write is under way share the next.
/// </summary>
[Reentrant]
internal sealed partial class JobCatalogGrain(
    [PersistentState("catalog", OneShotStorage.Name)] IPersistentState<CatalogState> storage,
    [FromKeyedServices(OneShotStorage.Name)] IGrainStorage pages,
    ILogger<JobCatalogGrain> logger
) : Grain, IJobCatalogGrain, IDisposable
{
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, JobSummary> _jobs = new(StringComparer.Ordinal);
    private readonly SortedSet<JobSummary> _newestFirst = new(Comparer<JobSummary>.Create(Compare));
    private PagedList<JobSummary> _lines = null!;
    private SharedWrites _writes = null!;
    private bool _fenced;

    // Jobs that a restart would not find: they are not stored as unfinished yet.
    private readonly HashSet<string> _unsafe = new(StringComparer.Ordinal);
    private IGrainTimer? _later;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _lines = new PagedList<JobSummary>(pages, this.GetGrainId(), "jobs", job => job.Id);
        _writes = new SharedWrites(WriteAsync);
        foreach (var job in await _lines.LoadAsync(storage.State.Pages))
        {
            Show(job);
        }
        // Lines that an older version stored in one row; those in pages are newer.
        foreach (var job in storage.State.Jobs.IsDefault ? [] : storage.State.Jobs)
        {
            if (!_jobs.ContainsKey(job.Id))
            {
                Show(job);
                _lines.Set(job);
            }
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_later is not null)
        {
            await WriteLaterAsync(cancellationToken);
        }
    }

    public async Task Put(JobSummary summary)
    {
        RequestValidator.RequireId(summary.Id);
        var known = _jobs.GetValueOrDefault(summary.Id);
        if (known is not null && known.Metadata.SequenceEqual(summary.Metadata))
        {
            // Records compare collections by reference.
            summary = summary with
            {
                Metadata = known.Metadata,
            };
        }
        if (known != summary)
        {
            Show(summary);
            _lines.Set(summary);
            _writes.Changed();
        }

        if (known?.State.IsFinal() ?? true)
        {
            _unsafe.Add(summary.Id);
        }
        if (!summary.State.IsFinal() && !_unsafe.Contains(summary.Id))
        {
            _later ??= this.RegisterGrainTimer(WriteLaterAsync, new GrainTimerCreationOptions(s_moment, Timeout.InfiniteTimeSpan) { Interleave = true });
            return;
        }

        // Also of what is known already: another call may still be writing it.
        await _writes.FlushAsync();
        _unsafe.Remove(summary.Id);
    }

    public Task Remove(string jobId)
    {
        if (_jobs.Remove(jobId, out var known))
        {
            _newestFirst.Remove(known);
            _lines.Remove(jobId);
            _writes.Changed();
        }

        return _writes.FlushAsync();
    }

    public void Dispose() => _writes?.Dispose();

    public async Task<JobPage> List(JobQuery query)
    {
        if (query.PageSize is < 1 or > JobQuery.MaxPageSize)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.InvalidInput, $"page_size is {query.PageSize}; it must be from 1 to {JobQuery.MaxPageSize}.", "page_size")
            );
        }
        if (JobMetadata.Find("metadata", query.Metadata).FirstOrDefault() is { } problem)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, problem.Message, problem.Field));
        }
        var found = From(query.Cursor)
            .Where(job =>
                (query.Owner is null || job.Owner == query.Owner)
                && (query.Kind is null || job.Kind == query.Kind)
                && (query.State is null || job.State == query.State)
                && (!query.UnfinishedOnly || !job.State.IsFinal())
                && JobMetadata.Hold(job.Metadata, query.Metadata)
            )
            .Take(query.PageSize + 1)
            .ToList();
        var more = found.Count > query.PageSize;
        if (more)
        {
            found.RemoveAt(query.PageSize);
        }
        var page = await Task.WhenAll(found.Select(RefreshAsync));
        return new JobPage([.. page], more ? Cursor(found[^1]) : null);
    }

    private static int Compare(JobSummary? one, JobSummary? other)
    {
        var newer = other!.Created.CompareTo(one!.Created);
        return newer != 0 ? newer : string.CompareOrdinal(one.Id, other.Id);
    }

    private IEnumerable<JobSummary> From(string? cursor)
    {
        if (cursor is null)
        {
            return _newestFirst;
        }
        var (created, id) = ParseCursor(cursor);
        if (_newestFirst.Max is not { } oldest)
        {
            return [];
        }
        var after = new JobSummary
        {
            Id = id,
            State = default,
            Created = created,
            Owner = string.Empty,
            Name = string.Empty,
        };
        return Compare(after, oldest) >= 0 ? [] : _newestFirst.GetViewBetween(after, oldest).SkipWhile(job => Compare(job, after) == 0);
    }

    private static string Cursor(JobSummary last) => string.Create(CultureInfo.InvariantCulture, $"{last.Created.UtcTicks}_{last.Id}");

    private static (DateTimeOffset Created, string Id) ParseCursor(string cursor)
    {
        var split = cursor.IndexOf('_', StringComparison.Ordinal);
        if (
            split <= 0
            || !long.TryParse(cursor.AsSpan(0, split), NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            || ticks > DateTimeOffset.MaxValue.UtcTicks
        )
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, "cursor is none that a page gave; start again without it.", "cursor"));
        }

        return (new DateTimeOffset(ticks, TimeSpan.Zero), cursor[(split + 1)..]);
    }

    /// <summary>Asks a job that is being worked on for its step. The call interleaves with whatever the job does.</summary>
    private async Task<JobSummary> RefreshAsync(JobSummary job)
    {
        if (job.State is not (JobState.Preparing or JobState.Training or JobState.Sampling or JobState.Publishing))
        {
            return job;
        }
        try
        {
            IJobStatus? status =
                job.Kind == JobKind.Generation
                    ? await GrainFactory.GetGrain<IGenerationGrain>(job.Id).GetStatus()
                    : await GrainFactory.GetGrain<IImplantationGrain>(job.Id).GetStatus();
            return status is null ? job : job with { State = status.State, Step = status.Step, Steps = status.Steps };
        }
        catch (Exception e)
        {
            // Its silo has just died, or its state can't be read: that must not hide all the others.
            LogNotAsked(e, job.Id);
            return job;
        }
    }

    private void Show(JobSummary job)
    {
        if (_jobs.Remove(job.Id, out var known))
        {
            _newestFirst.Remove(known);
        }
        _jobs.Add(job.Id, job);
        _newestFirst.Add(job);
    }

    private async Task WriteLaterAsync(CancellationToken cancellationToken)
    {
        _later?.Dispose();
        _later = null;
        try
        {
            await _writes.FlushAsync();
        }
        catch (Exception e)
        {
            // The next activation shows jobs a little further back, until they say more.
            LogNotWritten(e);
        }
    }

    private async Task WriteAsync()
    {
        var (next, changes) = (new CatalogState { Pages = _lines.Pages }, _lines.TakeChanges());
        try
        {
            // Not before it writes: most activations only list.
            if (!_fenced)
            {
                await _lines.FenceAsync();
            }
            _fenced = true;
            // A page that the state does not count would not be read again; lines of the old kind stay until they lie in pages.
            if (storage.State.Pages < next.Pages)
            {
                storage.State = storage.State with { Pages = next.Pages };
                await storage.WriteStateAsync();
            }

            await changes.WriteAdditionsAsync();
            if (!storage.State.Jobs.IsDefaultOrEmpty)
            {
                storage.State = next;
                await storage.WriteStateAsync();
            }

            await changes.WriteRemovalsAsync();
        }
        catch
        {
            // Whether it was written is not known: the next activation reads what is there.
            DeactivateOnIdle();
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "How far jobs are could not be written into their list")]
    private partial void LogNotWritten(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} could not be asked how far it is; the list shows it as it was stored")]
    private partial void LogNotAsked(Exception error, string jobId);
}

/// <summary>Where all jobs' lines are: in pages, rows of their own.</summary>
[GenerateSerializer, Alias("oneshot.CatalogState")]
internal sealed record CatalogState
{
    /// <summary>The lines, as older versions stored them.</summary>
    [Id(0)]
    public ImmutableArray<JobSummary> Jobs { get; init; } = [];

    /// <summary>Number of pages.</summary>
    [Id(1)]
    public int Pages { get; init; }
}
