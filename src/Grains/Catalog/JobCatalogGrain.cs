using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;

namespace OrleansOneShot.Grains.Catalog;

/// <summary>The list of all jobs. Written when a job changes its state, never at a step; the step of a running job is asked from the job itself.</summary>
internal sealed class JobCatalogGrain([PersistentState("catalog", OneShotStorage.Name)] IPersistentState<CatalogState> storage) : Grain, IJobCatalogGrain
{
    private ImmutableDictionary<string, JobSummary> _jobs = ImmutableDictionary<string, JobSummary>.Empty;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _jobs = storage.State.Jobs.ToImmutableDictionary(job => job.Id, StringComparer.Ordinal);
        return Task.CompletedTask;
    }

    public Task Put(JobSummary summary) =>
        _jobs.TryGetValue(summary.Id, out var known) && known == summary ? Task.CompletedTask : WriteAsync(_jobs.SetItem(summary.Id, summary));

    public Task Remove(string jobId) => _jobs.ContainsKey(jobId) ? WriteAsync(_jobs.Remove(jobId)) : Task.CompletedTask;

    public async Task<JobPage> List(JobQuery query)
    {
        if (query.PageSize is < 1 or > 500)
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, $"page_size is {query.PageSize}; it must be from 1 to 500.", "page_size"));
        var after = query.Cursor is null ? default((DateTimeOffset Created, string Id)?) : ParseCursor(query.Cursor);
        var found = _jobs.Values
            .Where(job => (query.Owner is null || job.Owner == query.Owner)
                && (query.State is null || job.State == query.State)
                && (!query.UnfinishedOnly || !job.State.IsFinal())
                && (after is null || IsAfter(job, after.Value)))
            .OrderByDescending(job => job.Created)
            .ThenBy(job => job.Id, StringComparer.Ordinal)
            .Take(query.PageSize + 1)
            .ToList();
        var more = found.Count > query.PageSize;
        if (more)
            found.RemoveAt(query.PageSize);
        var page = await Task.WhenAll(found.Select(RefreshAsync));
        return new JobPage([.. page], more ? Cursor(found[^1]) : null);
    }

    private static bool IsAfter(JobSummary job, (DateTimeOffset Created, string Id) cursor) =>
        job.Created < cursor.Created || (job.Created == cursor.Created && string.CompareOrdinal(job.Id, cursor.Id) > 0);

    private static string Cursor(JobSummary last) => string.Create(CultureInfo.InvariantCulture, $"{last.Created.UtcTicks}_{last.Id}");

    private static (DateTimeOffset Created, string Id) ParseCursor(string cursor)
    {
        var split = cursor.IndexOf('_', StringComparison.Ordinal);
        if (split <= 0 || !long.TryParse(cursor.AsSpan(0, split), NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            || ticks > DateTimeOffset.MaxValue.UtcTicks)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, "cursor is none that a page gave; start again without it.", "cursor"));
        }

        return (new DateTimeOffset(ticks, TimeSpan.Zero), cursor[(split + 1)..]);
    }

    /// <summary>Asks a job that is being worked on for its step. The call interleaves with whatever the job does.</summary>
    private async Task<JobSummary> RefreshAsync(JobSummary job)
    {
        if (job.State is not (JobState.Preparing or JobState.Training or JobState.Sampling or JobState.Publishing))
            return job;
        var status = await GrainFactory.GetGrain<IImplantationGrain>(job.Id).GetStatus();
        return status is null ? job : job with { State = status.State, Step = status.Step, Steps = status.Steps };
    }

    private async Task WriteAsync(ImmutableDictionary<string, JobSummary> jobs)
    {
        storage.State = new CatalogState { Jobs = [.. jobs.Values] };
        try
        {
            await storage.WriteStateAsync();
            _jobs = jobs;
        }
        catch
        {
            // Whether it was written is not known: the next activation reads what is there.
            DeactivateOnIdle();
            throw;
        }
    }
}
