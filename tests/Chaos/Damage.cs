using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;
using OrleansOneShot.TestKit;

namespace OrleansOneShot.Chaos;

/// <summary>Bytes that change in the store, and what must come of it: the weights of an undisturbed run, or words.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="desk">Who submits.</param>
/// <param name="told">What users hear.</param>
/// <param name="folder">Folders of users who type.</param>
internal sealed class Damage(ChaosCluster cluster, Desk desk, Told told, string folder)
{
    private int _number;

    /// <summary>Damages a checkpoint of a job in training, the newest one or all; whoever kills its silo then makes the job read it.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="target">The job.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>How many were damaged.</returns>
    public async Task<int> FlipCheckpointsAsync(Fault fault, Target target, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var file in cluster.Store.ListAsync(StorePaths.Epochs(target.JobId), cancellationToken))
        {
            if (file.Path.Contains("/checkpoint-", StringComparison.Ordinal))
            {
                found.Add(file.Path);
            }
        }

        var newest = found.OrderBy(path => path[path.LastIndexOf('/')..], StringComparer.Ordinal).ToList();
        var flipped = 0;
        foreach (var path in fault.Variant % 2 == 0 ? newest.TakeLast(1) : newest)
        {
            flipped += await cluster.Bytes.FlipAsync(path, fault.Variant, cancellationToken) ? 1 : 0;
        }

        return flipped;
    }

    /// <summary>Submits a job of a photo and a mask that no other has, damages one of them, and has its user do as he is told.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task FlipInputAsync(Fault fault, CancellationToken cancellationToken)
    {
        var (photo, mask) = (await OwnAsync("cat.png", cancellationToken), await OwnAsync("cat-mask.png", cancellationToken));
        var inputs = new ChaosInputs(await cluster.Store.WriteBlobAsync(photo, cancellationToken), await cluster.Store.WriteBlobAsync(mask, cancellationToken));
        var isPhoto = fault.Variant % 2 == 0;
        var seed = fault.Variant / 2 % References.Seeds;
        var job = await desk.SubmitAsync(inputs, seed, isPhoto ? "photo" : "mask", cancellationToken);
        await cluster.Bytes.FlipAsync(StorePaths.Blob(isPhoto ? inputs.Image : inputs.Mask), fault.Variant, cancellationToken);
        desk.Begin(AgainAsync());

        async Task AgainAsync()
        {
            await job.Watching.WaitAsync(cancellationToken);
            var status = await Calls.UntilDoneAsync(() => job.Handle.GetStatusAsync(cancellationToken), cancellationToken);
            told.Count($"a damaged {job.Damaged}: {status.State}");
            if (status.State != JobState.Failed)
            {
                return;
            }

            // "Upload it again": then all is well.
            await cluster.Store.WriteBlobAsync(photo, cancellationToken);
            await cluster.Store.WriteBlobAsync(mask, cancellationToken);
            if (fault.Variant / 4 % 2 == 0)
            {
                await desk.RetryAsync(job, byCommand: fault.Variant / 8 % 2 == 0, cancellationToken);
                return;
            }

            var again = await desk.SubmitAsync(inputs, seed, null, cancellationToken);
            await again.Watching.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Damages a file of a result, or its manifest, for as long as somebody tries to download it.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The job; null: none has succeeded yet.</returns>
    public async Task<string?> FlipResultAsync(Fault fault, CancellationToken cancellationToken)
    {
        var job = desk.Jobs.Where(IsForAll).ElementAtOrDefault(fault.Variant % Math.Max(1, desk.Jobs.Count(IsForAll)));
        if (job is null || await PublishedResult.ReadAsync(cluster.Store, job.Handle.Id, cancellationToken) is not { } published)
        {
            return null;
        }

        var file = published.Files[fault.Variant % published.Files.Count].Stored.Path;
        var path = fault.Variant / 64 % 4 == 0 ? StorePaths.Manifest(job.Handle.Id) : file;
        var (data, target) = (Path.Combine(folder, "download"), Path.Combine(folder, $"download-{Interlocked.Increment(ref _number)}"));
        if (!await cluster.Bytes.FlipAsync(path, fault.Variant, cancellationToken))
        {
            return null;
        }

        try
        {
            using var run = CommandLine.Start(cluster, data, "jobs download", job.Handle.Id, "--out", target);
            if (!await told.EndAsync(run, null, cancellationToken))
            {
                return job.Handle.Id;
            }

            if (run.ExitCode == 0)
            {
                // A bit of the manifest that no reader needs may go unnoticed; a file may not.
                var status = await Calls.UntilDoneAsync(() => job.Handle.GetStatusAsync(cancellationToken), cancellationToken);
                foreach (
                    var expected in status.Files.Where(expected => JobCheck.HashOf(File.ReadAllBytes(Path.Combine(target, expected.Path))) != expected.Sha256)
                )
                {
                    told.Violate($"{job.Handle.Id}: a download gave a damaged {expected.Path}, and said that all is well");
                }
            }
            else if (Directory.Exists(target) && Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories).Any())
            {
                told.Violate($"{job.Handle.Id}: a download of a damaged result failed, and left files in {target}");
            }

            told.Count(
                run.ExitCode switch
                {
                    0 => "a damaged result: not noticed, nor needed",
                    4 => "a damaged result: nobody answered",
                    _ => "a damaged result: refused",
                }
            );
        }
        finally
        {
            await cluster.Bytes.FlipAsync(path, fault.Variant, CancellationToken.None);
        }

        return job.Handle.Id;
    }

    private static bool IsForAll(ChaosJob job) => job is { Watcher.SawSuccess: true, Damaged: null, IsDrawnWith: false };

    private async Task<byte[]> OwnAsync(string sample, CancellationToken cancellationToken) =>
        PngComment.Add(await File.ReadAllBytesAsync(Repository.Sample(sample), cancellationToken), $"of job {Interlocked.Increment(ref _number)}");
}
