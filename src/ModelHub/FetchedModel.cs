using OrleansOneShot.Common;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>A model's folder that was fetched, and what was noted of its files then.</summary>
public static class FetchedModel
{
    private const int MaximumNoteBytes = 1 << 20;

    /// <summary>
    /// Compares a folder's files with what was fetched, so that nothing is computed with damaged weights. Files are read once a process. A folder that was not
    /// fetched is taken as it is.
    /// </summary>
    /// <param name="name">The model's name, for messages.</param>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="OneShotException">failed: a file is missing, or other bytes lie there.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public static void Require(string name, string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        foreach (var file in Read(folder)?.Files ?? [])
        {
            var path = Path.Combine(folder, RepositoryPath.RequireWithin(file.Path));
            if (LinkedFile.Find(path)?.Length != file.Bytes || FileHashes.Sha256(path) != file.Sha256)
            {
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.Failed,
                        $"{file.Path} of the model {name} is not what was fetched: it was damaged, changed or lost in {folder}.",
                        "model",
                        $"Delete that folder and fetch the model again. If the file was changed on purpose, delete {ModelSource.FileName} there."
                    )
                );
            }
        }
    }

    private static ModelSource? Read(string folder)
    {
        var note = Path.Combine(folder, ModelSource.FileName);
        try
        {
            return
                File.Exists(note)
                && StrictJson.Read(StrictJson.ReadFile(note, MaximumNoteBytes), ModelJsonContext.Default.ModelSource) is { Files: not null } source
                ? source
                : null;
        }
        catch (UnusableJsonException)
        {
            // Damaged itself: nothing is known of the files.
            return null;
        }
    }
}

/// <summary>Where a model's folder came from, as its <c>oneshot-source.json</c> says.</summary>
/// <param name="Repository">The repository of a host; null for a cluster's artifact store.</param>
/// <param name="Revision">Branch, tag or commit that was asked for; null for a cluster's artifact store.</param>
/// <param name="Files">Its files, by path.</param>
internal sealed record ModelSource(string? Repository, string? Revision, IReadOnlyList<ModelFile> Files)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "oneshot-source.json";
}
