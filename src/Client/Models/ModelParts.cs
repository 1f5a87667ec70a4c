using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Models;

/// <summary>
/// Takes a model in parts, for callers who can't send gigabytes in one piece. Parts lie in the store until the model is completed, so any process takes any
/// part; those that nobody completes are collected after a day.
/// </summary>
/// <param name="store">The store.</param>
public sealed class ModelParts(IArtifactStore store)
{
    /// <summary>What is missing of a model.</summary>
    /// <param name="upload">The model.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Its files that the store does not hold, each with its missing parts.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public async Task<ModelUploadStatus> FindMissingAsync(ModelUpload upload, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(upload);
        var missing = ImmutableArray.CreateBuilder<MissingModelFile>();
        foreach (var file in upload.Files.DistinctBy(file => file.Sha256))
        {
            if (await IsThereAsync(file, cancellationToken))
            {
                continue;
            }

            var offsets = ImmutableArray.CreateBuilder<long>();
            foreach (var (offset, bytes) in PartsOf(file))
            {
                if ((await store.GetInfoAsync(SharedModelPaths.Part(file.Sha256, offset), cancellationToken))?.Bytes != bytes)
                {
                    offsets.Add(offset);
                }
            }

            missing.Add(new MissingModelFile(file.Sha256, file.Bytes, offsets.ToImmutable()));
        }

        return new ModelUploadStatus(upload.Name, ModelUploadRules.PartBytes, missing.ToImmutable());
    }

    /// <summary>Takes a part.</summary>
    /// <param name="sha256">SHA-256 of the whole file.</param>
    /// <param name="offset">Where the part begins, a multiple of <see cref="ModelUploadRules.PartBytes"/>.</param>
    /// <param name="content">The part, from the stream's position on.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When it is in the store.</returns>
    /// <exception cref="IOException">The store is full, read-only or out of reach.</exception>
    public Task PutAsync(string sha256, long offset, Stream content, CancellationToken cancellationToken = default) =>
        store.WriteAsync(SharedModelPaths.Part(sha256, offset), content, WriteCondition.Any, cancellationToken);

    /// <summary>Makes files of the parts, compares each with its hash, and gives the model its name. May be repeated.</summary>
    /// <param name="upload">The model, which keeps <see cref="ModelUploadRules"/>.</param>
    /// <param name="cancellationToken">Stops; files that are whole stay.</param>
    /// <returns>The model.</returns>
    /// <exception cref="OneShotException">
    /// blob_missing: parts are missing. invalid_input: the parts of a file make another one, and are gone. conflict: another model has the name.
    /// </exception>
    /// <exception cref="IOException">The store is full, read-only or out of reach.</exception>
    public async Task<SentModel> CompleteAsync(ModelUpload upload, CancellationToken cancellationToken = default)
    {
        var status = await FindMissingAsync(upload, cancellationToken);
        if (status.Missing.FirstOrDefault(file => file.Offsets.Length > 0) is { } first)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.BlobMissing,
                    $"Of {status.Missing.Sum(file => file.Offsets.Length)} parts nothing is there, such as the one of {first.Sha256} at {first.Offsets[0]}.",
                    "files",
                    "Ask for the missing parts again, and send them."
                )
            );
        }

        foreach (var file in status.Missing)
        {
            await AssembleAsync(file, upload, cancellationToken);
        }

        return await new ModelTransfer(store).SendAsync(new UploadedModel(upload), upload.Name, progress: null, cancellationToken);
    }

    private async Task AssembleAsync(MissingModelFile file, ModelUpload upload, CancellationToken cancellationToken)
    {
        List<string> paths = [.. PartsOf(file.Bytes).Select(part => SharedModelPaths.Part(file.Sha256, part.Offset))];
        bool isWhole;
        await using (var content = new PartStream(store, paths, file.Bytes))
        {
            isWhole = await store.TryWriteHashedAsync(SharedModelPaths.File(file.Sha256), file.Sha256, content, cancellationToken);
        }

        foreach (var path in paths)
        {
            await store.DeleteAsync(path, CancellationToken.None);
        }

        if (!isWhole)
        {
            var index = upload.Files.ToList().FindIndex(known => known.Sha256 == file.Sha256);
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"The parts of {upload.Files[index].Path} do not make a file with the SHA-256 {file.Sha256}; they are gone.",
                    $"files[{index}].sha256",
                    "Check the hash, and send the file again."
                )
            );
        }
    }

    // By what the store remembers: its bytes are compared once more when the model is completed.
    private async Task<bool> IsThereAsync(JobFile file, CancellationToken cancellationToken) =>
        await store.GetInfoAsync(SharedModelPaths.File(file.Sha256), cancellationToken) is { } info && info.Bytes == file.Bytes && info.Sha256 == file.Sha256;

    private static IEnumerable<(long Offset, long Bytes)> PartsOf(JobFile file) => PartsOf(file.Bytes);

    private static IEnumerable<(long Offset, long Bytes)> PartsOf(long bytes)
    {
        // An empty file has one part, which is empty too.
        for (var offset = 0L; offset < Math.Max(1, bytes); offset += ModelUploadRules.PartBytes)
        {
            yield return (offset, Math.Min(ModelUploadRules.PartBytes, bytes - offset));
        }
    }

    /// <summary>A model whose files are all in the store: only its name is missing.</summary>
    private sealed class UploadedModel(ModelUpload upload) : IModelSource
    {
        public string Name => upload.Name;

        public string Title => upload.Name;

        public bool IsShipped => false;

        public Task<IReadOnlyList<ModelFile>> ListAsync(CancellationToken cancellationToken = default) =>
            Task.FromResult<IReadOnlyList<ModelFile>>([
                .. upload.Files.OrderBy(file => file.Path, StringComparer.Ordinal).Select(file => new ModelFile(file.Path, file.Bytes, file.Sha256)),
            ]);

        // Asked for where the store has lost or damaged a file since it was assembled.
        public Stream Open(ModelFile file) =>
            throw new IOException($"The store has lost or damaged {SharedModelPaths.File(file.Sha256)}; send that file again.");
    }
}
