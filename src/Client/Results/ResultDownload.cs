using OrleansOneShot.Common;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Results;

/// <summary>
/// Puts a job's result into a folder: into a new folder beside it first, each file compared with its hash. A folder that is not there yet comes to be as a
/// whole; into one that is the files are moved one by one, the manifest last: files of the same names are replaced, others stay.
/// </summary>
/// <param name="source">Where results come from.</param>
public sealed class ResultDownload(IResultSource source)
{
    /// <summary>Downloads from an artifact store.</summary>
    /// <param name="store">The store.</param>
    public ResultDownload(IArtifactStore store)
        : this(new StoreResults(store)) { }

    /// <summary>
    /// Whether what is created stays for its owner alone in a process that creates everything so (<see cref="CreationMask"/>), as in a data folder; else it
    /// gets the mode that the user's own mask leaves.
    /// </summary>
    public bool StaysPrivate { get; init; }

    /// <summary>Downloads a result.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="folder">Path of the folder to fill.</param>
    /// <param name="manifest">Length and hash of its manifest, as the job knows them; null: not known.</param>
    /// <param name="progress">Told from any thread; or null.</param>
    /// <param name="cancellationToken">Stops; the folder stays as it was.</param>
    /// <returns>When all files are in place.</returns>
    /// <exception cref="IOException">The disk is full, or a file is damaged, lost or out of reach.</exception>
    /// <exception cref="InvalidDataException">The manifest is damaged.</exception>
    public async Task RunAsync(
        string jobId,
        string folder,
        JobFile? manifest,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        var published = await ReadManifestAsync(jobId, manifest, cancellationToken);
        var target = Path.GetFullPath(folder);
        var beside = $"{Path.TrimEndingDirectorySeparator(target)}.part-{Guid.NewGuid():N}";
        if (Path.GetDirectoryName(beside) is { } parent)
        {
            CreateFolder(parent);
        }

        Directory.CreateDirectory(beside);
        try
        {
            var meter = new TransferMeter(published.Files.Sum(file => file.Stored.Bytes), progress);
            foreach (var file in published.Files)
            {
                await CopyAsync(jobId, file, Path.Combine(beside, file.Path), meter, cancellationToken);
            }

            await File.WriteAllBytesAsync(Path.Combine(beside, StorePaths.ManifestName), published.Manifest, cancellationToken);
            if (!StaysPrivate)
            {
                CreationMask.GiveToUser(beside);
            }

            if (TryMoveAll(beside, target))
            {
                return;
            }

            foreach (var path in published.Files.Select(file => file.Path).Append(StorePaths.ManifestName))
            {
                var place = Path.Combine(target, path);
                CreateFolder(Path.GetDirectoryName(place)!);
                File.Move(Path.Combine(beside, path), place, overwrite: true);
            }
        }
        finally
        {
            if (Directory.Exists(beside))
            {
                Directory.Delete(beside, recursive: true);
            }
        }
    }

    private static bool TryMoveAll(string beside, string target)
    {
        if (Path.Exists(target))
        {
            return false;
        }

        try
        {
            Directory.Move(beside, target);
            return true;
        }
        catch (IOException) when (Directory.Exists(beside))
        {
            // Somebody has made it meanwhile.
            return false;
        }
    }

    /// <summary>What a manifest lists.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="manifest">Length and hash of its manifest, as the job knows them; null: not known.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The files.</returns>
    internal async Task<IReadOnlyList<PublishedFile>> ListAsync(string jobId, JobFile? manifest, CancellationToken cancellationToken) =>
        (await ReadManifestAsync(jobId, manifest, cancellationToken)).Files;

    private async Task<PublishedResult> ReadManifestAsync(string jobId, JobFile? expected, CancellationToken cancellationToken)
    {
        var path = StorePaths.Manifest(jobId);
        var bytes = await source.ReadManifestAsync(jobId, PublishedResult.MaxManifestBytes, cancellationToken) ?? throw PublishedResult.Gone(jobId);
        if (expected is not null)
        {
            await using var verified = VerifiedReader.Verify(new MemoryStream(bytes, writable: false), new ArtifactInfo(path, expected.Bytes, expected.Sha256));
            await verified.CopyToAsync(Stream.Null, cancellationToken);
        }

        return PublishedResult.Parse(jobId, bytes);
    }

    private async Task CopyAsync(string jobId, PublishedFile file, string target, TransferMeter meter, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await using var content = new MeteredStream(VerifiedReader.Verify(await source.OpenAsync(jobId, file, cancellationToken), file.Stored), meter);
        await using var copy = File.Create(target);
        await content.CopyToAsync(copy, cancellationToken);
    }

    private void CreateFolder(string path)
    {
        if (StaysPrivate)
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            CreationMask.CreateUsersFolder(path);
        }
    }
}
