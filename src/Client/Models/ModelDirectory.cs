using System.Security.Cryptography;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Models;

/// <summary>
/// A folder that holds a model in diffusers' layout, or a CLIP: its safetensors, JSON and text files. What else lies there is not sent; neither are weights
/// beside a <c>model_index.json</c>, which are the same model once more in one file.
/// </summary>
/// <param name="folder">Path of the folder.</param>
public sealed class ModelDirectory(string folder) : IModelSource
{
    private const string Index = "model_index.json";
    private const string Weights = ".safetensors";

    private readonly string _folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    /// <inheritdoc/>
    public string Name => Title;

    /// <inheritdoc/>
    public string Title => Path.GetFileName(_folder);

    /// <inheritdoc/>
    public bool IsShipped => false;

    /// <inheritdoc/>
    /// <exception cref="OneShotException">invalid_input: there is no such folder.</exception>
    public async Task<IReadOnlyList<ModelFile>> ListAsync(CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(_folder))
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.InvalidInput, $"There is no folder {_folder}.", "model", "Give the folder of a model in diffusers' layout.")
            );
        }

        var isIndexed = File.Exists(Path.Combine(_folder, Index));
        var paths = Directory
            .EnumerateFiles(_folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_folder, path).Replace('\\', '/'))
            .Where(path => ModelUploadRules.TakesEnding(path) && !path.Split('/').Any(part => part.StartsWith('.')))
            .Where(path => !isIndexed || path.Contains('/', StringComparison.Ordinal) || !path.EndsWith(Weights, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        var files = new List<ModelFile>();
        foreach (var path in paths)
        {
            await using var content = File.OpenRead(PathOf(path));
            files.Add(new ModelFile(path, content.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken))));
        }

        return files;
    }

    /// <inheritdoc/>
    public Stream Open(ModelFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return File.OpenRead(PathOf(file.Path));
    }

    private string PathOf(string path) => Path.Combine(_folder, path);
}
