using System.Security.Cryptography;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>A model of this machine as others may get it: the files that make it, and nothing else of its folder.</summary>
/// <param name="model">The model.</param>
public sealed class LocalModel(ModelEntry model) : IModelSource
{
    private readonly ModelPullOptions _options = new();
    private ModelFileChoice? _choice;
    private ModelFile[]? _files;

    /// <inheritdoc/>
    public string Name => model.Name;

    /// <inheritdoc/>
    public string Title => Path.GetFileName(model.Folder);

    /// <inheritdoc/>
    public bool IsShipped => model.Shipped;

    /// <summary>What its folder holds.</summary>
    /// <exception cref="InvalidInputException">No model that can be fetched.</exception>
    /// <exception cref="OneShotException">A limit is exceeded.</exception>
    /// <exception cref="IOException">The folder can't be read.</exception>
    public ModelKind Kind => Choice.Kind;

    private ModelFileChoice Choice => _choice ??= Choose();

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">The folder holds no model that can be fetched.</exception>
    /// <exception cref="OneShotException">A limit is exceeded.</exception>
    public async Task<IReadOnlyList<ModelFile>> ListAsync(CancellationToken cancellationToken = default)
    {
        if (_files is not null)
        {
            return _files;
        }

        var files = new ModelFile[Choice.Files.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, files.Length),
            new ParallelOptions { MaxDegreeOfParallelism = _options.Parallel, CancellationToken = cancellationToken },
            async (i, token) =>
            {
                var file = Choice.Files[i];
                await using var stream = File.OpenRead(Path.Combine(model.Folder, file.Path));
                files[i] = new ModelFile(file.Path, file.Bytes, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, token)));
            }
        );
        return _files = files;
    }

    /// <inheritdoc/>
    public Stream Open(ModelFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return File.OpenRead(Path.Combine(model.Folder, file.Path));
    }

    private ModelFileChoice Choose()
    {
        try
        {
            var files = Directory
                .EnumerateFiles(model.Folder, "*", SearchOption.AllDirectories)
                .Select(path => new HostFile(Path.GetRelativePath(model.Folder, path).Replace('\\', '/'), LinkedFile.Of(path).Length, null, null));
            return ModelFileChoice.Among([.. files], _options);
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException(
                $"{model.Folder}: {e.Message.Replace("The repository", "the folder", StringComparison.Ordinal)}",
                "model",
                "Name a model in diffusers' layout, or a CLIP.",
                e
            );
        }
    }
}
