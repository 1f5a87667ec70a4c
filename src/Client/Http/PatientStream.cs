using OrleansOneShot.Common;

namespace OrleansOneShot.Client.Http;

/// <summary>A stream that fails when nothing has come for too long: a connection whose other end is gone tells nothing by itself.</summary>
/// <param name="inner">The stream; disposed of with this one.</param>
/// <param name="patience">How long a read may take.</param>
internal sealed class PatientStream(Stream inner, TimeSpan patience) : AsyncForwardStream
{
    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            return await inner.ReadAsync(buffer, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("Nothing came for too long.", e);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
