using OrleansOneShot.Common;

namespace OrleansOneShot.Client.Uploads;

/// <summary>Sends what isn't there yet.</summary>
/// <param name="target">Where to.</param>
/// <param name="meter">Counts.</param>
internal sealed class BlobSender(IBlobTarget target, TransferMeter meter)
{
    /// <summary>Makes sure that bytes are there, and will be for a while.</summary>
    /// <param name="sha256">Their SHA-256.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="open">Opens them, if they are needed.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False if what was opened holds others by now.</returns>
    /// <exception cref="IOException">The target is full, read-only or out of reach, or the bytes can't be read.</exception>
    public async Task<bool> SendAsync(string sha256, long bytes, Func<Stream> open, CancellationToken cancellationToken)
    {
        if (await target.HasAsync(sha256, bytes, cancellationToken) && await target.KeepAsync(sha256, cancellationToken))
        {
            meter.Found(bytes);
            return true;
        }

        await using var content = new MeteredStream(open(), meter);
        return await target.PutAsync(sha256, content, cancellationToken);
    }
}
