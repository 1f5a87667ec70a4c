using System.Security.Cryptography;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Tests.Models;

/// <summary>All files of a folder, taken for a model.</summary>
internal sealed record FolderModel(string Name, string Folder, bool IsShipped = false) : IModelSource
{
    public string Title => Path.GetFileName(Folder);

    /// <summary>What a file holds when it is sent; null is what lies there.</summary>
    public byte[]? Sends { get; init; }

    public Task<IReadOnlyList<ModelFile>> ListAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<ModelFile>>([
            .. Directory
                .EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
                .Select(path => (Path: Path.GetRelativePath(Folder, path).Replace('\\', '/'), Bytes: File.ReadAllBytes(path)))
                .OrderBy(file => file.Path, StringComparer.Ordinal)
                .Select(file => new ModelFile(file.Path, file.Bytes.Length, Convert.ToHexStringLower(SHA256.HashData(file.Bytes)))),
        ]);

    public Stream Open(ModelFile file) => Sends is null ? File.OpenRead(Path.Combine(Folder, file.Path)) : new MemoryStream(Sends, writable: false);
}
