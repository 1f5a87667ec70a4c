using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// A trainer's part of a publication: puts the result and a manifest for it below its own epoch, where nobody else writes. Nothing of it counts before the job,
/// whose state is fenced, has made that manifest its own; so a trainer that was frozen and wakes up may write what it likes.
/// </summary>
internal sealed partial class ResultPublisher(IArtifactStore store, ILogger logger)
{
    /// <summary>Uploads.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="result">What the engine made.</param>
    /// <param name="guard">Called before every file; throws if this epoch may not publish any more, so that it stops soon.</param>
    /// <param name="manifest">Makes the manifest from the files.</param>
    /// <param name="write">Writes a file, patiently; null writes once.</param>
    /// <returns>Number of files.</returns>
    /// <exception cref="IOException">The store can't take it; what this attempt wrote is removed.</exception>
    public async Task<int> UploadAsync(
        string jobId,
        long epoch,
        EngineResult result,
        Func<Task> guard,
        Func<ImmutableArray<JobFile>, Task<byte[]>> manifest,
        Func<string, Func<Stream>, Task<ArtifactInfo>>? write = null
    )
    {
        write ??= WriteAsync;
        var written = new List<string>();
        try
        {
            var files = ImmutableArray.CreateBuilder<JobFile>();
            foreach (var (relative, local) in Enumerate(result.Folder))
            {
                await guard();
                var path = StorePaths.EpochResult(jobId, epoch) + ArtifactPath.Require(relative);
                written.Add(path);
                var info = await write(path, () => File.OpenRead(local));
                files.Add(new JobFile(relative, info.Bytes, info.Sha256));
            }

            var document = await manifest(files.ToImmutable());
            await guard();
            written.Add(StorePaths.EpochManifest(jobId, epoch));
            await write(written[^1], () => new MemoryStream(document, writable: false));
            return files.Count;
        }
        catch
        {
            // Below its own epoch, which the job has not taken and, after this failure, is not asked to take.
            await RemoveAsync(written);
            throw;
        }
    }

    private static IEnumerable<(string Relative, string Local)> Enumerate(string folder) =>
        Directory
            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(local => (Path.GetRelativePath(folder, local).Replace(Path.DirectorySeparatorChar, '/'), local))
            .OrderBy(file => file.Item1, StringComparer.Ordinal);

    private async Task<ArtifactInfo> WriteAsync(string path, Func<Stream> open)
    {
        await using var content = open();
        return await store.WriteAsync(path, content);
    }

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
                // No manifest names it; the job's end or the collection removes it.
                LogNotRemoved(e, path);
                if (e is ArtifactStoreException { IsTransient: true })
                {
                    return;
                }
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} of a failed publication could not be removed")]
    private partial void LogNotRemoved(Exception error, string path);
}
