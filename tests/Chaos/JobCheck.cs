using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Chaos;

/// <summary>
/// Looks at an ended job: one manifest, of one epoch, whose files are there; a log without gaps, which is what its watcher saw; the weights of an undisturbed
/// run, or its pictures, or nothing and a reason.
/// </summary>
/// <param name="handle">The job.</param>
/// <param name="store">The artifacts, past all faults.</param>
/// <param name="steps">Training steps it had to do; 0 of a generation.</param>
/// <param name="job">What its user did, and saw; null: it was to succeed, and nobody watched.</param>
internal sealed class JobCheck(Watched handle, IArtifactStore store, int steps, ChaosJob? job = null)
{
    private readonly List<string> _violations = [];

    /// <summary>The hash of the LoRA in a job's manifest; of a generation those of its pictures.</summary>
    /// <param name="status">The job.</param>
    public static string ResultHash(IJobStatus status) =>
        status is GenerationStatus
            ? string.Join(
                ' ',
                status.Files.Where(file => file.Path.EndsWith(".png", StringComparison.Ordinal)).OrderBy(file => file.Path).Select(file => file.Sha256)
            )
            : status.Files.Single(file => file.Path == status.Request.Name + ".safetensors").Sha256;

    /// <summary>The hash of bytes as manifests write it.</summary>
    /// <param name="bytes">The bytes.</param>
    public static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Checks the job.</summary>
    /// <param name="expected">The <see cref="ResultHash"/> of an undisturbed run.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<JobFindings> CheckAsync(string expected, CancellationToken cancellationToken)
    {
        var status = await Calls.UntilDoneAsync(() => handle.GetStatusAsync(cancellationToken), cancellationToken);
        var log = await ReadLogAsync(status.Epoch, cancellationToken);
        var leftOver = 0;
        Require(
            job is not { CancelAcknowledged: true, Retried: false } || status.State == JobState.Cancelled,
            $"its user was told that it is cancelled, and it is {status.State}"
        );
        if (IsRightWithoutResult(status))
        {
            Require(status.Files.IsEmpty, $"is {status.State}, and its state names files");
            Require(await store.ReadAllBytesAsync(StorePaths.Manifest(handle.Id), cancellationToken) is null, $"is {status.State}, and has a manifest");
            await CheckStreamAsync(log, cancellationToken);
        }
        else if (status.State != JobState.Succeeded)
        {
            var error = ErrorOf(status);
            Violate($"is {status.State} at step {status.Step} in epoch {status.Epoch}: {error?.Message} {error?.Hint}");
        }
        else
        {
            leftOver = await CheckFilesAsync(status, cancellationToken);
            Require(ResultHash(status) == expected, $"what it made is {ResultHash(status)}, not {expected}");
            await CheckStreamAsync(log, cancellationToken);

            // Asked anew: a job has succeeded a moment before its last event is told.
            var told = (await Calls.UntilDoneAsync(() => handle.GetStatusAsync(cancellationToken), cancellationToken)).LastSequence;
            Require(log.Count == told, $"the log has {log.Count} events, the state says {told}");
        }

        CheckWatcher(log, status.State.IsFinal());
        var trained = log.Where(progress => progress is { Stage: JobState.Training, Losses: not null }).ToList();
        CheckSteps(trained, status.State == JobState.Succeeded);
        return new JobFindings
        {
            JobId = handle.Id,
            State = status.State,
            Violations = _violations,
            Resumes = Math.Max(0, status.Epoch - 1),
            Steps = [.. trained.Select(Timed)],
            LeftOver = leftOver,
            DroppedCheckpoints = status.Warnings.Count(warning => warning.StartsWith("The checkpoint of step ", StringComparison.Ordinal)),
        };
    }

    /// <summary>Whether a job has ended without a result as it should: its user took it back, or it says that his input was damaged and what to do.</summary>
    private bool IsRightWithoutResult(IJobStatus status) =>
        status.State switch
        {
            JobState.Cancelled => job is { CancelAsked: true, Retried: false },
            JobState.Failed => job is { Damaged: { } input, Retried: false }
                && ErrorOf(status) is { Code: ErrorCodes.InvalidInput or ErrorCodes.NotFound } error
                && error.Message.Contains(input, StringComparison.Ordinal)
                && error.Hint?.Contains("pload it again", StringComparison.Ordinal) == true,
            _ => false,
        };

    private static ErrorDetail? ErrorOf(IJobStatus status) => (status as ImplantationStatus)?.Error ?? (status as GenerationStatus)?.Error;

    /// <summary>What was told while it happened is what is stored.</summary>
    private void CheckWatcher(List<ProgressEvent> log, bool whole)
    {
        if (job is null)
        {
            return;
        }

        _violations.AddRange(job.Watcher.Violations);
        var seen = job.Watcher.Seen;
        var other = seen.Zip(log).FirstOrDefault(pair => pair.First.Event != pair.Second);
        Require(other.Second is null, $"a watcher's event {other.Second?.Sequence} is not the stored one");
        Require(seen.Count <= log.Count && (!whole || seen.Count == log.Count), $"a watcher saw {seen.Count} of {log.Count} events");
    }

    // By the watcher's clock if he saw it: silos' clocks may have been wrong.
    private ProgressEvent Timed(ProgressEvent progress) =>
        job?.Watcher.Seen.ElementAtOrDefault((int)progress.Sequence - 1) is { Event: not null } seen ? progress with { Time = seen.At } : progress;

    /// <summary>
    /// The manifest is the only one, and names files of one epoch that are there as it says; what else lies there is a log or waits for a collection.
    /// </summary>
    private async Task<int> CheckFilesAsync(IJobStatus status, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, ArtifactInfo>(StringComparer.Ordinal);
        await foreach (var file in store.ListAsync(StorePaths.Job(handle.Id), cancellationToken))
        {
            files.Add(file.Path, file);
        }

        if (await store.ReadAllBytesAsync(StorePaths.Manifest(handle.Id), cancellationToken) is not { } bytes)
        {
            Violate("has no manifest");
            return 0;
        }

        var manifest = JsonNode.Parse(bytes)!;
        var epoch = (long)manifest["epoch"]!;
        Require(epoch == status.Epoch, $"the manifest is of epoch {epoch}, the job's last is {status.Epoch}");
        var published = PublishedResult.Parse(handle.Id, bytes);
        foreach (var (path, stored) in published.Files)
        {
            Require(stored.Path == StorePaths.EpochResult(handle.Id, epoch) + path, $"{stored.Path} is of another epoch than the manifest's, {epoch}");
            Require(
                await store.ReadAllBytesAsync(stored.Path, cancellationToken) is { } content
                    && content.Length == stored.Bytes
                    && HashOf(content) == stored.Sha256,
                $"{stored.Path} is missing or another file than the manifest says"
            );
            Require(status.Files.Any(file => file.Path == path && file.Sha256 == stored.Sha256), $"the state does not know {path} as the manifest does");
        }

        Require(status.Files.Length == published.Files.Count, $"the state names {status.Files.Length} files, the manifest {published.Files.Count}");
        var named = published.Files.Select(file => file.Stored.Path).Append(StorePaths.Manifest(handle.Id)).ToHashSet(StringComparer.Ordinal);
        var leftOver = 0;
        foreach (var path in files.Keys.Where(path => !named.Contains(path) && !path.EndsWith("/progress.jsonl", StringComparison.Ordinal)))
        {
            // A crash may leave these, of any epoch; nothing refers to them, and the next collection takes them. Anything else would stay for ever.
            var rest = path.StartsWith(StorePaths.Epochs(handle.Id), StringComparison.Ordinal) ? path[StorePaths.Epochs(handle.Id).Length..].Split('/', 2) : [];
            var collected =
                rest.Length == 2
                && (
                    rest[1] is "manifest.json" or "fan-out.json"
                    || rest[1].StartsWith("checkpoint-", StringComparison.Ordinal)
                    || rest[1].StartsWith("result/", StringComparison.Ordinal)
                );
            Require(collected, $"{path} is left over, and no collection takes it");
            leftOver += collected ? 1 : 0;
        }

        return leftOver;
    }

    /// <summary>The stored log: the files of all epochs, one after the other, without a gap and without an event that is there twice.</summary>
    private async Task<List<ProgressEvent>> ReadLogAsync(long epochs, CancellationToken cancellationToken)
    {
        var log = new List<ProgressEvent>();
        for (var epoch = 0L; epoch <= epochs; epoch++)
        {
            var bytes = await store.ReadAllBytesAsync(StorePaths.Progress(handle.Id, epoch), cancellationToken) ?? [];
            foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                // A line that a crash has cut off is none; nobody has seen its event.
                if (ProgressJson.FromLine(line) is not { } progress)
                {
                    continue;
                }

                Require(
                    progress.Sequence == log.Count + 1,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"in the log of epoch {epoch}, event {progress.Sequence} ({progress.Stage}, epoch {progress.Epoch}, step {progress.Step}) follows "
                            + $"{log.Count}"
                    )
                );
                log.Add(progress with { Sequence = log.Count + 1 });
            }
        }

        return log;
    }

    /// <summary>A watcher that begins at the start gets what is stored.</summary>
    private async Task CheckStreamAsync(List<ProgressEvent> log, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        var seen = 0;
        try
        {
            await foreach (var progress in handle.WatchAsync(0, limit.Token))
            {
                if (seen >= log.Count || progress != log[seen])
                {
                    Violate(
                        $"the stream's event {seen + 1} is number {progress.Sequence}, epoch {progress.Epoch}, step {progress.Step}, and not the stored one"
                    );
                    return;
                }

                seen++;
            }

            Require(seen == log.Count, $"the stream ends after {seen} of {log.Count} events");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Violate($"the stream broke after {seen} of {log.Count} events: {e.Message}");
        }
    }

    /// <summary>Each epoch goes on where a checkpoint was, step by step; all epochs together leave none out.</summary>
    private void CheckSteps(List<ProgressEvent> trained, bool whole)
    {
        var furthest = 0;
        for (var i = 0; i < trained.Count; i++)
        {
            var (now, before) = (trained[i], i == 0 ? null : trained[i - 1]);
            if (before?.Epoch == now.Epoch)
            {
                Require(now.Step == before.Step + 1, $"in epoch {now.Epoch}, step {now.Step} follows {before.Step}");
            }
            else
            {
                Require(now.Epoch > (before?.Epoch ?? 0), $"a step of epoch {now.Epoch} follows one of {before?.Epoch}");
                Require(now.Step >= 1 && now.Step <= furthest + 1, $"epoch {now.Epoch} begins with step {now.Step}, and the furthest before was {furthest}");
            }

            furthest = Math.Max(furthest, now.Step);
        }

        Require(!whole || furthest == steps, $"the log's last step is {furthest} of {steps}");
    }

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            Violate(otherwise);
        }
    }

    private void Violate(string what) => _violations.Add($"{handle.Id}: {what}");
}
