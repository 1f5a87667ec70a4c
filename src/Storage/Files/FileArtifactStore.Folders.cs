using System.Runtime.CompilerServices;

namespace OrleansOneShot.Storage.Files;

/// <summary>Folders, of which no file has to be opened.</summary>
public sealed partial class FileArtifactStore
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListFoldersAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        foreach (var name in Folders(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return name;
        }
    }

    private List<string> Folders(string folder)
    {
        var parent = new DirectoryInfo(Resolve(ArtifactPath.RequirePrefix(folder).TrimEnd('/')));
        try
        {
            return
            [
                .. parent
                    .EnumerateDirectories()
                    .Where(child => ArtifactPath.IsSegment(child.Name) && child.EnumerateFiles("*", SearchOption.AllDirectories).Any())
                    .Select(child => child.Name)
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private void RemoveEmptyFolders(string folder)
    {
        try
        {
            while (folder.Length > _root.Length && Directory.Exists(folder))
            {
                Directory.Delete(folder);
                folder = Path.GetDirectoryName(folder)!;
            }
        }
        catch (IOException)
        {
            // Not empty, or in use by a writer: it stays.
        }
    }
}
