using System.Diagnostics;

namespace OrleansOneShot.Common;

/// <summary>Counts the bytes of all files of a transfer; may be used from several threads.</summary>
/// <param name="total">Bytes of all files.</param>
/// <param name="progress">Who is told; or null.</param>
public sealed class TransferMeter(long total, IProgress<TransferProgress>? progress)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _there;
    private long _moved;

    /// <summary>Bytes that this run moved.</summary>
    public long MovedBytes => Interlocked.Read(ref _moved);

    /// <summary>Counts bytes that were there before; negative when they turned out to be of no use.</summary>
    /// <param name="bytes">How many.</param>
    public void Found(long bytes)
    {
        Interlocked.Add(ref _there, bytes);
        Tell();
    }

    /// <summary>Counts bytes that arrived; negative when they are sent again.</summary>
    /// <param name="bytes">How many.</param>
    public void Moved(long bytes)
    {
        Interlocked.Add(ref _there, bytes);
        Interlocked.Add(ref _moved, bytes);
        Tell();
    }

    private void Tell() => progress?.Report(new TransferProgress(Interlocked.Read(ref _there), total, MovedBytes, Stopwatch.GetElapsedTime(_started)));
}

/// <summary>How far a transfer is.</summary>
/// <param name="Bytes">Bytes that are where they belong, those of earlier runs included.</param>
/// <param name="Total">Bytes of all files.</param>
/// <param name="Moved">Bytes that this run moved.</param>
/// <param name="Elapsed">Time since it began.</param>
public sealed record TransferProgress(long Bytes, long Total, long Moved, TimeSpan Elapsed)
{
    /// <summary>Time left at the rate so far; null before there is a rate.</summary>
    public TimeSpan? Left => Moved > 0 && Elapsed > TimeSpan.Zero ? TimeSpan.FromSeconds((Total - Bytes) / (Moved / Elapsed.TotalSeconds)) : null;
}
