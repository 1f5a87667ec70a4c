using OrleansOneShot.Common;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>A stream that tells at its end how much of it was read.</summary>
/// <param name="inner">The stream, which is disposed of with this one.</param>
/// <param name="tell">Told once, of more than 0 bytes.</param>
internal sealed class CountedStream(Stream inner, Action<long> tell) : ReadStream(inner)
{
    private long _read;

    /// <inheritdoc/>
    protected override void WasRead(int bytes) => _read += bytes;

    /// <inheritdoc/>
    protected override void Ending()
    {
        if (_read > 0)
        {
            tell(_read);
            _read = 0;
        }
    }
}
