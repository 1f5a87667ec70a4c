using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>
/// Fetches results into folders that are called as their items, as they become ready: each as a whole, its hashes compared. What is there already is left.
/// </summary>
/// <param name="session">Where they come from.</param>
/// <param name="folder">Absolute path of the folder that holds those folders.</param>
internal sealed partial class ResultFetcher(LastingSession session, string folder)
{
    // Enough to fill a line; more would only fight for the disk.
    private const int AtOnce = 4;

    private readonly Channel<DatasetItemStatus> _ready = Channel.CreateUnbounded<DatasetItemStatus>();
    private readonly ConcurrentDictionary<int, string> _missing = new();

    /// <summary>Results that are lost or damaged where they lie, by the items' numbers: a sentence each.</summary>
    public IReadOnlyDictionary<int, string> Missing => _missing;

    /// <summary>An item has a result.</summary>
    /// <param name="item">The item.</param>
    public void Add(DatasetItemStatus item) => _ready.Writer.TryWrite(item);

    /// <summary>There will be no more.</summary>
    public void Complete() => _ready.Writer.TryComplete();

    /// <summary>Fetches until <see cref="Complete"/>.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When all are there.</returns>
    /// <exception cref="OneShotException">failed: the folder can't be written, or a result not be reached.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            CreationMask.CreateUsersFolder(folder);
            Tidy();
            await Parallel.ForEachAsync(
                _ready.Reader.ReadAllAsync(cancellationToken),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                async (item, token) => await FetchAsync(item, token)
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Failed,
                    $"A result could not be written to {folder}: {e.Message}",
                    "out",
                    "Make room, then fetch what is missing with: oneshot dataset resume"
                ),
                e
            );
        }
    }

    /// <summary>Whether a folder holds the whole result of a job: what is fetched comes to be as a whole, so its manifest tells.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="job">The job.</param>
    internal static bool Holds(string folder, string job)
    {
        var manifest = Path.Combine(folder, StorePaths.ManifestName);
        try
        {
            return File.Exists(manifest)
                && StrictJson.Parse(StrictJson.ReadFile(manifest, PublishedResult.MaxManifestBytes)) is { ValueKind: JsonValueKind.Object } root
                && root.Text("id") == job
                && PublishedResult
                    .Parse(job, File.ReadAllBytes(manifest))
                    .Files.All(file => LinkedFile.Find(Path.Combine(folder, file.Path))?.Length == file.Stored.Bytes);
        }
        catch (Exception e) when (e is UnusableJsonException or InvalidDataException)
        {
            return false;
        }
    }

    private async Task FetchAsync(DatasetItemStatus item, CancellationToken cancellationToken)
    {
        var place = Path.Combine(folder, item.Id);
        if (item.Job is not { } job || Holds(place, job))
        {
            return;
        }

        try
        {
            await session.Current.ResultsOf(JobKind.Implantation).RunAsync(job, place, manifest: null, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or InvalidDataException or ArtifactCorruptException)
        {
            _missing[item.Number] = e.Message;
        }
    }

    // What a process that was killed has left behind.
    private void Tidy()
    {
        foreach (var path in Directory.EnumerateDirectories(folder).Where(path => Part().IsMatch(path)))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [GeneratedRegex(@"\.part-[0-9a-f]{32}$", RegexOptions.CultureInvariant)]
    private static partial Regex Part();
}
