using System.Text.Json;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Datasets;

/// <summary>Adds items to a run: reads each, uploads its files, and sends what is ready in batches, in order.</summary>
/// <param name="transport">The way to the server.</param>
/// <param name="runId">The run.</param>
/// <param name="progress">Told after each batch; or null.</param>
internal sealed class DatasetFilling(IOneShotTransport transport, string runId, IProgress<DatasetRunStatus>? progress)
{
    // A batch is closed before it could get too long: the longest request has some 300 kB.
    private const int BatchBytes = DatasetRules.MostBatchBytes / 4;

    // An upload may be collected between the two calls, if its owner's own deadline ran out just then; hardly twice.
    private const int MostUploads = 3;

    private readonly List<(DatasetEntry Entry, DatasetItem Item)> _batch = [];
    private InputUpload _upload = new(new SentBlobs(transport.Inputs));
    private DatasetRunStatus? _status;
    private int _added;
    private int _bytes;

    /// <summary>Adds them.</summary>
    /// <param name="entries">The items.</param>
    /// <param name="cancellationToken">Stops; what was added stays.</param>
    /// <returns>The run afterwards.</returns>
    public async Task<DatasetRunStatus> RunAsync(IAsyncEnumerable<DatasetEntry> entries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        using var activity = Telemetry.Source.StartActivity("oneshot dataset add");
        activity?.SetTag("oneshot.dataset_run.id", runId);
        // One after another: a job takes far longer than its upload, so nothing waits for this, and no content is on its way twice.
        await foreach (var entry in entries.WithCancellation(cancellationToken))
        {
            var item = await PrepareAsync(entry, cancellationToken);
            _batch.Add((entry, item));
            _bytes += JsonSerializer.SerializeToUtf8Bytes(item, DocumentJson.Options).Length;
            // The first jobs begin at once; then batches grow with what is there already.
            if (_batch.Count >= Math.Clamp(_added, 1, DatasetRules.MostInBatch) || _bytes >= BatchBytes)
            {
                await SendAsync(cancellationToken);
            }
        }

        await SendAsync(cancellationToken);
        return _status ?? await transport.Datasets.GetStatusAsync(runId, cancellationToken);
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        if (_batch.Count == 0)
        {
            return;
        }

        for (var uploads = 1; ; uploads++)
        {
            try
            {
                _status = await transport.Datasets.AddItemsAsync(runId, [.. _batch.Select(one => one.Item)], cancellationToken);
                break;
            }
            catch (OneShotException e) when (e.Code == ErrorCodes.BlobMissing && uploads < MostUploads)
            {
                // Gone since it was sent: all of this batch is looked for again.
                _upload = new InputUpload(new SentBlobs(transport.Inputs));
                for (var i = 0; i < _batch.Count; i++)
                {
                    _batch[i] = (_batch[i].Entry, await PrepareAsync(_batch[i].Entry, cancellationToken));
                }
            }
        }

        _added += _batch.Count;
        _batch.Clear();
        _bytes = 0;
        progress?.Report(_status);
    }

    /// <summary>
    /// Uploads what an item needs. What is wrong with the item itself, it ends with; what is wrong with the way to the server ends the filling.
    /// </summary>
    private async Task<DatasetItem> PrepareAsync(DatasetEntry entry, CancellationToken cancellationToken)
    {
        var item = new DatasetItem { Number = entry.Number, Id = entry.Id };
        if (entry.Implantation is not { } implantation)
        {
            return item with { Error = entry.Error };
        }

        ImplantationRequest request;
        try
        {
            request = implantation.ToRequest(entry.Id);
            Probe(implantation.Image);
            foreach (var one in implantation.Objects)
            {
                Probe(one.Mask);
            }
        }
        catch (OneShotException e)
        {
            return item with { Error = e.Detail };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return item with { Error = Unreadable(e) };
        }

        try
        {
            InputFile?[] masks = [.. implantation.Objects.Select(one => one.Mask)];
            return item with { Request = await _upload.RunAsync(request, implantation.Image, masks, progress: null, cancellationToken) };
        }
        catch (OneShotException e) when (e is { Status: null, Code: ErrorCodes.InvalidInput or ErrorCodes.Conflict })
        {
            // Too large, or changed while it was sent: no server has said so.
            return item with { Error = e.Detail };
        }
    }

    // What can't be opened is the item's fault; what breaks later may as well be the store's.
    private static void Probe(InputFile? file)
    {
        if (file is null)
        {
            return;
        }

        file.ReadLength();
        using var content = file.Open();
        content.ReadByte();
    }

    private static ErrorDetail Unreadable(Exception error) => new(ErrorCodes.InvalidInput, error.Message, "image", "Mend the file, then retry.");
}
