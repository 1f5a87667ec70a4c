using Microsoft.Extensions.Logging;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>How a job whose state was lost becomes known again: by its manifest, which only a job that has succeeded has.</summary>
internal sealed partial class ImplantationGrain
{
    public async Task<RecoveryOutcome> Recover(bool dryRun)
    {
        RequestValidator.RequireId(Id);
        if (Asked is not null)
        {
            return await RecoverKnownAsync(dryRun);
        }

        if (await ReadPublishedAsync() is not { } recovered)
        {
            return RecoveryOutcome.Unfinished;
        }
        if (dryRun)
        {
            return RecoveryOutcome.Recovered;
        }
        await KnowAsync(recovered);
        return RecoveryOutcome.Recovered;
    }

    /// <summary>
    /// A job that has succeeded, or that somebody works for, knows best itself; any other may have come from a backup that is older than its result.
    /// </summary>
    private async Task<RecoveryOutcome> RecoverKnownAsync(bool dryRun)
    {
        if (_state.State != JobState.Succeeded && !await IsAliveAsync(_state.Lease?.Silo))
        {
            // The store may have been put back since the job was activated.
            _hasManifest = await store.GetInfoAsync(StorePaths.Manifest(Id)) is not null;
            if (await FindPublishedAsync() is ({ } published, var message))
            {
                _hasManifest = dryRun;
                if (!dryRun)
                {
                    await TakeAsync(published, message);
                }
                return RecoveryOutcome.Recovered;
            }
        }

        // Its line in the list may be lost all the same.
        if (!dryRun)
        {
            await PutSummaryAsync();
        }
        return RecoveryOutcome.Known;
    }

    /// <summary>The job becomes what its published result tells of it.</summary>
    private async Task KnowAsync(ImplantationState recovered)
    {
        _log = new ProgressLog(store, Id);
        await _log.LoadAsync(recovered.Epoch, CancellationToken.None);
        (_step, _steps, _visible) = (recovered.Step, recovered.Steps, _log.Last);
        await WriteAsync(recovered);
        _ended = true;
        LogRecovered(Id, recovered.Epoch);
        if (_log.Newest?.Stage != recovered.State)
        {
            await LogAsync(EventOf(recovered));
        }
        await PutSummaryAsync();
    }

    /// <summary>The state that a published result tells of; null if nothing is published.</summary>
    private async Task<ImplantationState?> ReadPublishedAsync()
    {
        try
        {
            if (await store.ReadAllBytesAsync(StorePaths.Manifest(Id), PublishedResult.MaxManifestBytes) is not { } bytes)
            {
                return null;
            }
            var manifest = PublishedManifest.Read(Id, bytes);
            foreach (var file in manifest.Result.Files)
            {
                await RequireWholeAsync(file);
            }
            var request = await ReadRequestAsync(manifest);
            return new ImplantationState
            {
                Request = request as ImplantationRequest,
                Generation = request as GenerationRequest,
                State = JobState.Succeeded,
                Epoch = manifest.Epoch,
                Created = manifest.Created,
                Started = manifest.Started,
                Finished = manifest.Finished,
                Step = manifest.Steps,
                Steps = manifest.Steps,
                Seconds = manifest.Seconds,
                Warnings = manifest.Warnings,
                Files = manifest.Files,
                Metrics = manifest.Metrics,
                PublishBegun = true,
                Published = manifest.Epoch,
                Manifest = ReferenceTo(bytes),
            };
        }
        catch (Exception e) when (e is InvalidDataException or ArtifactCorruptException or ArtifactTooLargeException)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Failed, e.Message), e);
        }
    }

    private async Task<IJobRequest> ReadRequestAsync(PublishedManifest manifest)
    {
        var stored =
            manifest.Request
            ?? throw new InvalidDataException($"The result of job {Id} has no {PublishedManifest.RequestFile}, so nothing tells what was asked for.");
        try
        {
            if (stored.Bytes > RequestJson.MaxBytes)
            {
                throw new ArtifactTooLargeException(stored.Path, stored.Bytes, RequestJson.MaxBytes);
            }
            using var content = new MemoryStream((int)stored.Bytes);
            await new VerifiedReader(store).CopyAsync(stored, content);
            return manifest.Kind == JobKind.Generation ? RequestJson.ReadGeneration(content.ToArray()) : RequestJson.Read(content.ToArray());
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidDataException($"{PublishedManifest.RequestFile} of job {Id} can't be read: it {e.Message}.", e);
        }
        catch (OneShotException e)
        {
            throw new InvalidDataException($"{PublishedManifest.RequestFile} of job {Id} can't be read: {e.Message}", e);
        }
    }

    /// <summary>What is listed as a result can be had: all of it, as it was published.</summary>
    private async Task RequireWholeAsync(PublishedFile file)
    {
        try
        {
            await using var content = await store.OpenReadAsync(file.Stored);
            await content.CopyToAsync(Stream.Null);
        }
        catch (FileNotFoundException e)
        {
            throw new InvalidDataException($"The store has lost {file.Stored.Path}.", e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId} was recovered from its manifest, which epoch {Epoch} has published")]
    private partial void LogRecovered(string jobId, long epoch);
}
