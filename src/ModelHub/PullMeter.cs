using System.Diagnostics;

namespace OrleansOneShot.ModelHub;

/// <summary>Counts the bytes of all files of a transfer; may be used from several threads.</summary>
/// <param name="total">Bytes of the model.</param>
/// <param name="progress">Who is told; or null.</param>
internal sealed class PullMeter(long total, IProgress<PullProgress>? progress)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _there;
    private long _fetched;

    /// <summary>Bytes that this run fetched.</summary>
    public long FetchedBytes => Interlocked.Read(ref _fetched);

    /// <summary>Counts bytes of an earlier run; negative when they turned out to be of no use.</summary>
    public void Found(long bytes)
    {
        Interlocked.Add(ref _there, bytes);
        Tell();
    }

    /// <summary>Counts bytes that arrived.</summary>
    public void Fetched(long bytes)
    {
        Interlocked.Add(ref _there, bytes);
        Interlocked.Add(ref _fetched, bytes);
        Tell();
    }

    private void Tell() => progress?.Report(new PullProgress(Interlocked.Read(ref _there), total, FetchedBytes, Stopwatch.GetElapsedTime(_started)));
}
