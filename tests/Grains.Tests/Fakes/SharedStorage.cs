using System.Collections.Concurrent;
using System.Globalization;
using Orleans.Storage;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>A grain storage that outlives a cluster, as a database does: bytes by the host's serializer, with ETags.</summary>
internal sealed class SharedStorage(
    ConcurrentDictionary<string, (string ETag, BinaryData Data)> rows,
    IGrainStorageSerializer serializer,
    Func<string, Task>? beforeWrite = null
) : IGrainStorage
{
    private static long s_etag;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (rows.TryGetValue(Key(stateName, grainId), out var row))
        {
            grainState.State = serializer.Deserialize<T>(row.Data);
            (grainState.ETag, grainState.RecordExists) = (row.ETag, true);
        }
        else
        {
            grainState.State = Activator.CreateInstance<T>();
            (grainState.ETag, grainState.RecordExists) = (null, false);
        }

        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (beforeWrite is not null)
        {
            await beforeWrite(Key(stateName, grainId));
        }
        var next = (Interlocked.Increment(ref s_etag).ToString(CultureInfo.InvariantCulture), serializer.Serialize(grainState.State));
        var key = Key(stateName, grainId);
        var written = rows.TryGetValue(key, out var row)
            ? row.ETag == grainState.ETag && rows.TryUpdate(key, next, row)
            : grainState.ETag is null && rows.TryAdd(key, next);
        if (!written)
        {
            throw new InconsistentStateException("The row was changed by somebody else.", row.ETag, grainState.ETag);
        }
        (grainState.ETag, grainState.RecordExists) = (next.Item1, true);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        rows.TryRemove(Key(stateName, grainId), out _);
        grainState.State = Activator.CreateInstance<T>();
        (grainState.ETag, grainState.RecordExists) = (null, false);
        return Task.CompletedTask;
    }

    private static string Key(string stateName, GrainId grainId) => $"{stateName} {grainId}";
}
