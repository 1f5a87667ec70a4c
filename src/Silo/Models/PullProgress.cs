namespace OrleansOneShot.Silo.Models;

/// <summary>How far a model's transfer is.</summary>
/// <param name="Bytes">Bytes that lie here, those of earlier runs included.</param>
/// <param name="Total">Bytes of the model.</param>
/// <param name="Fetched">Bytes that this run fetched.</param>
/// <param name="Elapsed">Time since the first request.</param>
public sealed record PullProgress(long Bytes, long Total, long Fetched, TimeSpan Elapsed)
{
    /// <summary>Time left at the rate so far; null before there is a rate.</summary>
    public TimeSpan? Left => Fetched > 0 && Elapsed > TimeSpan.Zero ? TimeSpan.FromSeconds((Total - Bytes) / (Fetched / Elapsed.TotalSeconds)) : null;
}
