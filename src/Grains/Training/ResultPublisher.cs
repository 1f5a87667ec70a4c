using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Training;

/// <summary>Puts a result into the store: its files, then the manifest, which must not exist yet. Whoever writes the manifest has published; everyone else takes what it says.</summary>
internal sealed partial class ResultPublisher(IArtifactStore store, OneShotInstruments instruments, ILogger logger)
{
    /// <summary>Publishes.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="result">What the engine made.</param>
    /// <param name="guard">Called before every file and before the manifest; throws if this epoch may not publish any more.</param>
    /// <param name="manifest">Makes the manifest from the files.</param>
    /// <returns>What is published, by this call or by an earlier one.</returns>
    /// <exception cref="IOException">The store can't take it; the files of this attempt are removed.</exception>
    public async Task<JobResult> PublishAsync(string jobId, EngineResult result, Func<Task> guard, Func<ImmutableArray<JobFile>, Task<byte[]>> manifest)
    {
        if (await ReadManifestAsync(store, jobId) is { } earlier)
            return earlier.Result;
        var written = new List<string>();
        try
        {
            var files = ImmutableArray.CreateBuilder<JobFile>();
            foreach (var (relative, local) in Enumerate(result.Folder))
            {
                await guard();
                var path = BlobPaths.ResultFile(jobId, relative);
                written.Add(path);
                await using var content = File.OpenRead(local);
                var info = await store.WriteAsync(path, content);
                instruments.OnStored(store.Kind, info.Bytes);
                files.Add(new JobFile(relative, info.Bytes, info.Sha256));
            }

            var document = await manifest(files.ToImmutable());
            await guard();
            using var bytes = new MemoryStream(document, writable: false);
            await store.WriteAsync(BlobPaths.Manifest(jobId), bytes, WriteCondition.MustNotExist);
            return ManifestDocument.Read(document).Result;
        }
        catch (Exception e) when (e is not StaleEpochException)
        {
            // The manifest may be out all the same: an earlier epoch's, or ours whose answer was lost.
            if (await ReadManifestAsync(store, jobId) is { } published)
                return published.Result;
            await RemoveAsync(written);
            throw;
        }
    }

    /// <summary>Reads a job's manifest.</summary>
    /// <param name="store">The store.</param>
    /// <param name="jobId">The job.</param>
    /// <returns>What it says; null if the job has published nothing.</returns>
    public static async Task<(JobResult Result, ImmutableArray<string> Warnings)?> ReadManifestAsync(IArtifactStore store, string jobId) =>
        await store.ReadAllBytesAsync(BlobPaths.Manifest(jobId)) is { } bytes ? ManifestDocument.Read(bytes) : null;

    private static IEnumerable<(string Relative, string Local)> Enumerate(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(local => (Path.GetRelativePath(folder, local).Replace(Path.DirectorySeparatorChar, '/'), local))
            .OrderBy(file => file.Item1, StringComparer.Ordinal);

    private async Task RemoveAsync(List<string> written)
    {
        foreach (var path in written)
        {
            try
            {
                await store.DeleteAsync(path);
            }
            catch (IOException e)
            {
                // Without a manifest it counts as unpublished; the job's deletion removes it.
                LogNotRemoved(e, path);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} of a failed publication could not be removed")]
    private partial void LogNotRemoved(Exception error, string path);
}
