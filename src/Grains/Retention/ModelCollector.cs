using System.Text.Json;
using Microsoft.Extensions.Options;
using OrleansOneShot.Common;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Retention;

/// <summary>
/// Removes models of the artifact store that no job in the catalog names and nobody has used for a long time: manifests first, then files that no manifest
/// names any more. Whoever puts a model there or trains with it marks its manifest, and of that mark and a deletion one wins. A manifest that can't be read
/// keeps every file: it may name any of them.
/// </summary>
internal sealed class ModelCollector(IArtifactStore store, IOptions<OneShotGrainsOptions> options)
{
    /// <summary>Collects.</summary>
    /// <param name="dryRun">Only looks.</param>
    /// <param name="listNames">The names of all models that jobs in the catalog refer to, as of now.</param>
    /// <param name="cancellationToken">Stops; what is gone is gone.</param>
    /// <returns>What was, or would be, removed.</returns>
    /// <exception cref="IOException">The store is away or read-only.</exception>
    public async Task<IReadOnlyList<StoredFile>> CollectAsync(
        bool dryRun,
        Func<Task<IReadOnlySet<string>>> listNames,
        CancellationToken cancellationToken = default
    )
    {
        var parts = await CollectPartsAsync(dryRun, cancellationToken);
        return [.. await CollectModelsAsync(dryRun, listNames, cancellationToken), .. parts];
    }

    /// <summary>Parts of uploads that nobody has completed within a day.</summary>
    private async Task<List<StoredFile>> CollectPartsAsync(bool dryRun, CancellationToken cancellationToken)
    {
        var limit = options.Value.Clock.GetUtcNow() - options.Value.CollectionGrace;
        var gone = new List<StoredFile>();
        foreach (var part in await ListOldAsync(SharedModelPaths.Parts, limit, cancellationToken))
        {
            if (dryRun || await store.DeleteUnusedAsync(part.Path, limit, cancellationToken))
            {
                gone.Add(part);
            }
        }

        return gone;
    }

    private async Task<IReadOnlyList<StoredFile>> CollectModelsAsync(
        bool dryRun,
        Func<Task<IReadOnlySet<string>>> listNames,
        CancellationToken cancellationToken
    )
    {
        var limit = options.Value.Clock.GetUtcNow() - options.Value.ModelGrace;
        var manifests = await ListOldAsync(SharedModelPaths.Manifests, limit, cancellationToken);
        var files = await ListOldAsync(SharedModelPaths.Files, limit, cancellationToken);
        if (manifests.Count + files.Count == 0)
        {
            return [];
        }
        var inUse = await listNames();
        var removed = new Dictionary<string, (StoredFile File, byte[]? Content)>(StringComparer.Ordinal);
        foreach (var manifest in manifests)
        {
            if (SharedModelPaths.NameOf(manifest.Path) is { } name && !inUse.Contains(name))
            {
                var content = dryRun ? null : await store.ReadAllBytesAsync(manifest.Path, cancellationToken);
                if (dryRun || await store.DeleteUnusedAsync(manifest.Path, limit, cancellationToken))
                {
                    removed.Add(name, (manifest, content));
                }
            }
        }

        if (!dryRun && removed.Count > 0)
        {
            await PutBackAsync(removed, await listNames());
        }

        var gone = removed.Values.Select(model => model.File).ToList();
        if (files.Count > 0 && await ListNeededAsync(gone, cancellationToken) is { } needed)
        {
            foreach (var file in files.Where(file => !needed.Contains(file.Path)))
            {
                if (dryRun || await store.DeleteUnusedAsync(file.Path, limit, cancellationToken))
                {
                    gone.Add(file);
                }
            }
        }

        return gone;
    }

    /// <summary>A job that was submitted between the first look and the deletion gets its model back: its files are still there.</summary>
    private async Task PutBackAsync(Dictionary<string, (StoredFile File, byte[]? Content)> removed, IReadOnlySet<string> inUse)
    {
        foreach (var (name, (file, content)) in removed.Where(model => inUse.Contains(model.Key)).ToList())
        {
            if (content is not null)
            {
                try
                {
                    using var stream = new MemoryStream(content, writable: false);
                    await store.WriteAsync(file.Path, stream, WriteCondition.MustNotExist, CancellationToken.None);
                }
                catch (ArtifactExistsException)
                {
                    // Somebody has put the model there again.
                }
            }

            removed.Remove(name);
        }
    }

    /// <summary>The files that manifests name, without those that are gone or would be; null: one can't be read.</summary>
    private async Task<HashSet<string>?> ListNeededAsync(List<StoredFile> gone, CancellationToken cancellationToken)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var manifest in store.ListUsesAsync(SharedModelPaths.Manifests, cancellationToken))
        {
            if (gone.Any(model => model.Path == manifest.Path))
            {
                continue;
            }
            if (manifest.Bytes > SharedModelPaths.MaximumManifestBytes)
            {
                return null;
            }
            // Deleted by hand since it was listed.
            if (await store.ReadAllBytesAsync(manifest.Path, cancellationToken) is not { } content)
            {
                continue;
            }
            try
            {
                foreach (var file in StrictJson.Parse(content).Member("files", JsonValueKind.Array).EnumerateArray())
                {
                    needed.Add(SharedModelPaths.File(file.Text("sha256")));
                }
            }
            catch (UnusableJsonException)
            {
                return null;
            }
        }

        return needed;
    }

    private async Task<List<StoredFile>> ListOldAsync(string prefix, DateTimeOffset limit, CancellationToken cancellationToken)
    {
        var found = new List<StoredFile>();
        await foreach (var file in store.ListUsesAsync(prefix, cancellationToken))
        {
            if (file.LastUsed < limit)
            {
                found.Add(file);
            }
        }

        return found;
    }
}
