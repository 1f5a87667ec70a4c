using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Retention;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Implantations;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Retention;

/// <summary>
/// Removes inputs and models that neither a job in the catalog nor an unfinished dataset run refers to, and what epochs of ended jobs have left behind. Inputs
/// are uploaded before their job is submitted, so one counts as unused only after a grace period; an upload of bytes that are there already marks them as used.
/// References are looked up after the list of candidates was made, and a job or a run that can't be read ends the collection: when in doubt, everything stays.
/// So does everything while the store holds a finished job that the catalog does not list: its database or Redis has lost jobs, and an input or a model without
/// references is no more unused than one with them. Marks of uploads go when they are as old: an owner sees an input without a job as long as it is kept, and a
/// mark keeps nothing by itself.
/// </summary>
internal sealed partial class BlobCollector(
    IArtifactStore store,
    IGrainFactory grains,
    ModelCollector models,
    DatasetInputs datasets,
    IOptions<OneShotGrainsOptions> options,
    ILogger<BlobCollector> logger
)
{
    /// <summary>Collects.</summary>
    /// <param name="dryRun">Only looks.</param>
    /// <param name="cancellationToken">Stops; what is gone is gone.</param>
    /// <returns>What was, or would be, removed.</returns>
    /// <exception cref="IOException">The store is away or read-only.</exception>
    public async Task<CollectionReport> CollectAsync(bool dryRun, CancellationToken cancellationToken = default)
    {
        var limit = options.Value.Clock.GetUtcNow() - options.Value.CollectionGrace;
        var candidates = await ListOldAsync(StorePaths.Inputs, limit, cancellationToken);
        var folders = await ListFoldersAsync(cancellationToken);
        var (referenced, _, known, ended) = await LookAtJobsAsync();
        if (await CountFinishedAsync(folders.Except(known, StringComparer.Ordinal), cancellationToken) is > 0 and var unlisted)
        {
            var refused = new CollectionReport(dryRun, [], [], 0, [], unlisted);
            LogRefused(refused.Refusal!);
            return refused;
        }

        var (blobs, files, bytes) = (ImmutableArray.CreateBuilder<string>(), ImmutableArray.CreateBuilder<string>(), 0L);
        foreach (var file in candidates.Where(file => !referenced.Contains(file.Path)))
        {
            if (await RemoveAsync(file, limit, dryRun, cancellationToken))
            {
                blobs.Add(file.Path);
                bytes += file.Bytes;
            }
        }

        var marks = 0;
        foreach (var mark in await ListOldAsync(StorePaths.Owners, limit, cancellationToken))
        {
            marks += await RemoveAsync(mark, limit, dryRun, cancellationToken) ? 1 : 0;
        }

        foreach (var job in ended)
        {
            foreach (var file in await ListGarbageAsync(job, limit, cancellationToken))
            {
                if (await RemoveAsync(file, limit, dryRun, cancellationToken))
                {
                    files.Add(file.Path);
                    bytes += file.Bytes;
                }
            }
        }

        var unused = await models.CollectAsync(dryRun, async () => (await LookAtJobsAsync()).Models, cancellationToken);
        bytes += unused.Sum(file => file.Bytes);
        LogCollected(blobs.Count, marks, files.Count, unused.Count, bytes, dryRun);
        return new CollectionReport(dryRun, blobs.ToImmutable(), files.ToImmutable(), bytes, [.. unused.Select(file => file.Path)], Marks: marks);
    }

    private async Task<bool> RemoveAsync(StoredFile file, DateTimeOffset limit, bool dryRun, CancellationToken cancellationToken) =>
        dryRun || await store.DeleteUnusedAsync(file.Path, limit, cancellationToken);

    private async Task<List<StoredFile>> ListOldAsync(string prefix, DateTimeOffset limit, CancellationToken cancellationToken)
    {
        var found = new List<StoredFile>();
        await foreach (var file in store.ListUsesAsync(prefix, cancellationToken))
        {
            if (file.LastUsed < limit)
            {
                found.Add(file);
            }
        }

        return found;
    }

    private async Task<IEnumerable<StoredFile>> ListGarbageAsync(JobSummary job, DateTimeOffset limit, CancellationToken cancellationToken)
    {
        var garbage = (await ListOldAsync(StorePaths.Epochs(job.Id), limit, cancellationToken))
            .Where(file => EpochGarbage.Is(job.Id, file.Path, null))
            .ToList();
        if (garbage.Count == 0)
        {
            return [];
        }
        // What the manifest names is none, whatever the rest of this knows.
        PublishedResult? published;
        try
        {
            published = await PublishedResult.ReadAsync(store, job.Id, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or ArtifactTooLargeException or ArtifactChangedException)
        {
            // Damaged: of this job everything stays, and the others are collected all the same.
            LogDamaged(e, job.Id);
            return [];
        }

        // A job that has succeeded has a manifest: without it nothing tells what is needed.
        if (published is null && job.State == JobState.Succeeded)
        {
            return [];
        }
        var named = published?.Files.Select(file => file.Stored.Path).ToHashSet(StringComparer.Ordinal) ?? [];
        return garbage.Where(file => !named.Contains(file.Path));
    }

    /// <summary>The jobs of which the store holds anything: listed before the catalog is asked, so that one that ends meanwhile is known there.</summary>
    private async Task<List<string>> ListFoldersAsync(CancellationToken cancellationToken)
    {
        var folders = new List<string>();
        await foreach (var id in store.ListFoldersAsync(StorePaths.Jobs, cancellationToken))
        {
            folders.Add(id);
        }
        return folders;
    }

    /// <summary>How many of these jobs have published a result. What is in the manifest does not matter here.</summary>
    private async Task<int> CountFinishedAsync(IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        var finished = 0;
        foreach (var id in ids)
        {
            if (await store.GetInfoAsync(StorePaths.Manifest(id), cancellationToken) is not null)
            {
                finished++;
            }
        }

        return finished;
    }

    /// <summary>The inputs and models that jobs refer to, the jobs that are known, and those that have ended.</summary>
    private async Task<(HashSet<string> Referenced, HashSet<string> Models, HashSet<string> Known, List<JobSummary> Ended)> LookAtJobsAsync()
    {
        var (referenced, models, known, ended) = (
            new HashSet<string>(StringComparer.Ordinal),
            new HashSet<string>(StringComparer.Ordinal),
            new HashSet<string>(StringComparer.Ordinal),
            new List<JobSummary>()
        );
        string? cursor = null;
        do
        {
            var page = await grains
                .GetGrain<IJobCatalogGrain>(0)
                .List(
                    new JobQuery
                    {
                        Kind = null,
                        PageSize = JobQuery.MaxPageSize,
                        Cursor = cursor,
                    }
                );
            foreach (var job in page.Jobs)
            {
                if (job.State.IsFinal())
                {
                    ended.Add(job);
                }
                if (job.Kind == JobKind.Generation)
                {
                    // Its implantations are jobs of their own; it has no inputs.
                    if (await grains.GetGrain<IGenerationGrain>(job.Id).GetStatus() is { } generation)
                    {
                        known.Add(job.Id);
                        models.Add(generation.Request.Model.Name);
                    }
                }
                else if (await grains.GetGrain<IImplantationGrain>(job.Id).GetStatus() is { } status)
                {
                    // A line of the list alone tells no input: of a job whose state is lost nothing is known.
                    known.Add(job.Id);
                    referenced.UnionWith(status.Request.Inputs().Select(input => StorePaths.Inputs + input.Sha256));
                    models.UnionWith(new[] { status.Request.Model.Name, status.Request.Model.Clip }.OfType<string>());
                }
            }

            cursor = page.Next;
        } while (cursor is not null);

        await foreach (var request in datasets.ReadUnfinishedAsync())
        {
            referenced.UnionWith(request.Inputs().Select(input => StorePaths.Inputs + input.Sha256));
            models.UnionWith(new[] { request.Model.Name, request.Model.Clip }.OfType<string>());
        }

        return (referenced, models, known, ended);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The manifest of job {JobId} can't be read, so nothing of that job is collected")]
    private partial void LogDamaged(Exception error, string jobId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Why}")]
    private partial void LogRefused(string why);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Collected {Blobs} inputs, {Marks} marks of uploads, {Files} files of ended jobs and {Models} files of models, {Bytes} bytes "
            + "(dry run: {DryRun})"
    )]
    private partial void LogCollected(int blobs, int marks, int files, int models, long bytes, bool dryRun);
}
