using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;
using Polly;

namespace OrleansOneShot.ModelHub;

/// <summary>Fetches one file: goes on where an earlier try or an earlier run stopped, and takes nothing whose hash is not the stated one.</summary>
/// <param name="origin">Where it comes from.</param>
/// <param name="file">What the origin states of it.</param>
/// <param name="path">Its place here.</param>
/// <param name="retry">Repeats what brought nothing.</param>
/// <param name="meter">Counts.</param>
internal sealed class FileDownload(IFileOrigin origin, HostFile file, string path, ResiliencePipeline retry, TransferMeter meter)
{
    /// <summary>Fetches the file, or finds that it is there.</summary>
    /// <returns>Its hash.</returns>
    /// <exception cref="HostFaultException">The host brings no more.</exception>
    /// <exception cref="OneShotException">It sends other bytes than it states, or the disk is full.</exception>
    public async Task<ModelFile> RunAsync(CancellationToken cancellationToken)
    {
        if (await PartialFile.FindWholeAsync(path, file, cancellationToken) is { } found)
        {
            meter.Found(file.Bytes);
            return new ModelFile(file.Path, file.Bytes, found);
        }

        using var partial = await PartialFile.OpenAsync(path, file, cancellationToken);
        meter.Found(partial.Length);
        var isResumed = partial.Length > 0;
        while (true)
        {
            await FillAsync(partial, cancellationToken);
            if (partial.TryFinish(out var sha256))
            {
                return new ModelFile(file.Path, file.Bytes, sha256);
            }

            if (!isResumed)
            {
                meter.Found(-partial.Length);
                partial.Discard();
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.Failed,
                        $"{file.Path} is not what {origin.Shown} states: its hash should be {file.Identity}, and is "
                            + $"{(file.Sha256 is null ? "another" : sha256)}.",
                        file.Path,
                        $"Nothing of it was kept. {origin.Advice}"
                    )
                );
            }

            // What an earlier run left may have been damaged here: once more from the start.
            Restart(partial, null);
            isResumed = false;
        }
    }

    // For as long as each round of tries gets further than all before, the host is slow or unsteady, not gone.
    private async Task FillAsync(PartialFile partial, CancellationToken cancellationToken)
    {
        var best = partial.Length;
        while (partial.Length < file.Bytes)
        {
            try
            {
                await retry.ExecuteAsync(async token => await FetchAsync(partial, token), cancellationToken);
            }
            catch (HostFaultException) when (partial.Length > best)
            {
                best = partial.Length;
            }
        }
    }

    private async Task FetchAsync(PartialFile partial, CancellationToken cancellationToken)
    {
        var from = partial.Length;
        await using var body = await origin.OpenAsync(file, from, partial.ETag, cancellationToken);
        if (body is null)
        {
            Restart(partial, null);
            throw new HostFaultException($"{origin.Shown} has no part of {file.Path} from byte {from} on.");
        }

        if (body.IsWhole)
        {
            // All of it, because nothing is here yet, the version is another one, or the host knows no parts.
            Restart(partial, body.ETag);
        }

        var buffer = new byte[256 * 1024];
        while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            if (partial.Length + read > file.Bytes)
            {
                meter.Found(-partial.Length);
                partial.Discard();
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.Failed,
                        $"{origin.Shown} sends more of {file.Path} than the {file.Bytes} bytes that it states.",
                        file.Path,
                        $"Nothing of it was kept. {origin.Advice}"
                    )
                );
            }

            await partial.AppendAsync(buffer.AsMemory(0, read));
            meter.Moved(read);
        }

        if (partial.Length < file.Bytes)
        {
            throw new HostFaultException($"{origin.Shown} ended {file.Path} after {partial.Length} of {file.Bytes} bytes.");
        }
    }

    private void Restart(PartialFile partial, string? etag)
    {
        meter.Found(-partial.Length);
        partial.Restart(etag);
    }
}
