namespace OrleansOneShot.Common;

/// <summary>Counts what is read of a stream. An upload that begins again sets the position back, and the count with it.</summary>
/// <param name="inner">The stream, which is disposed of with this one.</param>
/// <param name="meter">Counts.</param>
public sealed class MeteredStream(Stream inner, TransferMeter meter) : ReadStream(inner)
{
    /// <inheritdoc/>
    protected override void WasRead(int bytes) => meter.Moved(bytes);

    /// <inheritdoc/>
    protected override void Moved(long bytes) => meter.Moved(bytes);
}
