using System.Collections.Immutable;
using System.Text.Json;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Datasets;

/// <summary>How items are added, and replaced.</summary>
internal sealed partial class DatasetRunGrain
{
    public async Task<DatasetRunStatus> AddItems(ImmutableArray<DatasetItem> items)
    {
        RequireMade();
        Require([.. DatasetRules.Find(_row.Request!, items)]);
        var complete = ImmutableArray.CreateRange(items, Complete);
        var wishes = await HashAsync(complete);
        var batch = FindNew(complete, wishes).Select(i => complete[i]).Where(item => item.Request is not null).ToImmutableArray();
        RequireShort(batch);
        var hash = batch.IsEmpty ? null : await _batches.WriteAsync(batch);
        var places = batch.Select((item, place) => (item.Number, place)).ToDictionary(one => one.Number, one => one.place);

        // Again: others may have added while the batch was written. What was as it should be then, and is not now, they have replaced.
        RequireMade();
        foreach (var i in FindNew(complete, wishes).Where(i => complete[i].Request is null || places.ContainsKey(complete[i].Number)))
        {
            Set(LineOf(complete[i], wishes[i], hash, places.GetValueOrDefault(complete[i].Number)));
        }

        await FlushAsync();
        Wake();
        return Status();
    }

    private DatasetLine LineOf(DatasetItem item, byte[] wish, byte[]? batch, int place)
    {
        var line = new DatasetLine
        {
            Number = item.Number,
            Id = item.Id,
            Wish = wish,
            Batch = item.Request is null ? null : batch,
            Place = place,
        };
        if (item.Error is { } error)
        {
            line = line with { State = DatasetItemState.Failed, Error = error.Bounded(), Finished = Now };
            instruments.OnDatasetItem("failed");
        }

        // One that takes another's place runs with the next retry; until then it says why that one has failed.
        return _book.Find(item.Number) is not { } failed
            ? line
            : line with
            {
                State = DatasetItemState.Failed,
                Attempts = failed.Attempts,
                Error = line.Error ?? failed.Error,
                Finished = line.Finished ?? failed.Finished,
            };
    }

    // One after another, so that a batch that holds many of them is read once.
    private async Task<ImmutableArray<byte[]>> HashAsync(ImmutableArray<DatasetItem> items)
    {
        var hashes = ImmutableArray.CreateBuilder<byte[]>(items.Length);
        foreach (var item in items)
        {
            hashes.Add(await HashAsync(item));
        }

        return hashes.MoveToImmutable();
    }

    /// <summary>Hash of what an item asks for; where the run has the same already, as an earlier version wrote it, that one's.</summary>
    private async Task<byte[]> HashAsync(DatasetItem item)
    {
        var hash = DatasetBatches.Hash(item);
        if (_book.Find(item.Number) is not { Batch: { } batch } known || known.Wish.AsSpan().SequenceEqual(hash))
        {
            return hash;
        }
        try
        {
            // Requests may have gained fields since: read and written again they are what this version makes of them.
            var stored = new DatasetItem
            {
                Number = known.Number,
                Id = known.Id,
                Request = await _batches.ReadAsync(batch, known.Place),
            };
            return DatasetBatches.Hash(stored).AsSpan().SequenceEqual(hash) ? known.Wish : hash;
        }
        catch (Exception e) when (e is FileNotFoundException or InvalidDataException or ArtifactTooLargeException)
        {
            return hash;
        }
    }

    private DatasetItem Complete(DatasetItem item) => item.Request is null ? item : item with { Request = DatasetRules.Complete(Id, _row.Request!, item) };

    /// <summary>The items that the run does not have as they are.</summary>
    /// <returns>Their indices.</returns>
    /// <exception cref="OneShotException">conflict: an item can't be added.</exception>
    private List<int> FindNew(ImmutableArray<DatasetItem> items, ImmutableArray<byte[]> wishes)
    {
        var found = new List<int>();
        for (var i = 0; i < items.Length; i++)
        {
            var (item, field) = (items[i], FormattableString.Invariant($"items[{i}]"));
            if (_book.Find(item.Number) is { } known)
            {
                if (known.Wish.AsSpan().SequenceEqual(wishes[i]))
                {
                    continue;
                }
                if (known.Id != item.Id)
                {
                    throw Refuse(ErrorCodes.Conflict, $"Item {item.Number} of run {Id} is called {known.Id}, not {item.Id}.", $"{field}.id");
                }
                if (known.State != DatasetItemState.Failed)
                {
                    throw Refuse(
                        ErrorCodes.Conflict,
                        $"Item {item.Id} of run {Id} is {known.State.ToString().ToLowerInvariant()} with another request; only one that has failed can be "
                            + "replaced.",
                        field
                    );
                }
            }
            else if (_book.NumberOf(item.Id) is { } other)
            {
                throw Refuse(ErrorCodes.Conflict, $"Item {other} of run {Id} is called {item.Id} already; each needs its own id.", $"{field}.id");
            }

            found.Add(i);
        }

        return found;
    }

    private static void RequireShort(ImmutableArray<DatasetItem> batch)
    {
        var bytes = batch.Sum(item => (long)JsonSerializer.SerializeToUtf8Bytes(item, DocumentJson.Options).Length);
        if (bytes > DatasetRules.MostBatchBytes)
        {
            throw Refuse(ErrorCodes.InvalidInput, $"items has {bytes} bytes; at most {DatasetRules.MostBatchBytes} can be added at once.", "items");
        }
    }
}
