using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Datasets;

/// <summary>
/// What was asked for with a run's items: a file a batch, named by its hash and never changed, whatever becomes of the items. Its bytes are compared with the
/// hash whenever they are read.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="runId">The run.</param>
internal sealed class DatasetBatches(IArtifactStore store, string runId)
{
    // Items are begun in the order in which they were added, so that the batch that was read last is mostly the one that is wanted next.
    private const int Kept = 2;

    // What items get from their run (owner, metadata) comes on top of what may be sent.
    private const int MostBytes = 2 * DatasetRules.MostBatchBytes;

    private readonly List<(string Sha256, ImmutableArray<DatasetItem> Items)> _read = [];

    /// <summary>Hash of what an item asks for: of the same item always the same.</summary>
    /// <param name="item">The item, as it is stored.</param>
    /// <returns>SHA-256.</returns>
    public static byte[] Hash(DatasetItem item) => SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(item, DocumentJson.Options));

    /// <summary>Writes a batch.</summary>
    /// <param name="items">Items with requests, complete.</param>
    /// <returns>SHA-256 of the batch.</returns>
    /// <exception cref="IOException">The store is full, read-only or out of reach.</exception>
    public async Task<byte[]> WriteAsync(ImmutableArray<DatasetItem> items)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new DatasetBatch(items), DocumentJson.Options);
        var hash = SHA256.HashData(bytes);
        var name = Convert.ToHexStringLower(hash);
        using var content = new MemoryStream(bytes, writable: false);
        await store.TryWriteHashedAsync(StorePaths.DatasetBatch(runId, name), name, content);
        Keep(name, items);
        return hash;
    }

    /// <summary>Reads what was asked for with an item.</summary>
    /// <param name="batch">SHA-256 of its batch.</param>
    /// <param name="place">Its place in there.</param>
    /// <returns>The request, complete.</returns>
    /// <exception cref="IOException">The store is out of reach, or (<see cref="FileNotFoundException"/>) has lost the batch.</exception>
    /// <exception cref="InvalidDataException">The store holds other bytes.</exception>
    public async Task<ImplantationRequest> ReadAsync(byte[] batch, int place)
    {
        var name = Convert.ToHexStringLower(batch);
        var known = _read.FirstOrDefault(one => one.Sha256 == name).Items;
        if (known.IsDefault)
        {
            known = await ReadAsync(name, CancellationToken.None);
            Keep(name, known);
        }

        return known[place].Request!;
    }

    /// <summary>Reads all batches, one after another; also those that a crash kept the run from knowing.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Requests, complete.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    /// <exception cref="InvalidDataException">One is damaged.</exception>
    public async IAsyncEnumerable<ImplantationRequest> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var names = new List<string>();
        await foreach (var file in store.ListAsync(StorePaths.DatasetBatches(runId), cancellationToken))
        {
            if (StorePaths.HashOfBatch(runId, file.Path) is { } name)
            {
                names.Add(name);
            }
        }

        foreach (var name in names)
        {
            foreach (var item in await ReadAsync(name, cancellationToken))
            {
                yield return item.Request!;
            }
        }
    }

    private async Task<ImmutableArray<DatasetItem>> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var path = StorePaths.DatasetBatch(runId, name);
        var bytes = await store.ReadAllBytesAsync(path, MostBytes, cancellationToken) ?? throw new FileNotFoundException($"The store has lost {path}.");
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != name)
        {
            throw new InvalidDataException($"{path} is damaged: its bytes have another hash than its name says.");
        }
        try
        {
            return StrictJson.Read<DatasetBatch>(bytes, DocumentJson.Options).Items;
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidDataException($"{path} is damaged: it {e.Message}.", e);
        }
    }

    private void Keep(string name, ImmutableArray<DatasetItem> items)
    {
        _read.RemoveAll(one => one.Sha256 == name);
        if (_read.Count == Kept)
        {
            _read.RemoveAt(0);
        }
        _read.Add((name, items));
    }
}
