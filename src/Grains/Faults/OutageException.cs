using System.Globalization;

namespace OrleansOneShot.Grains.Faults;

/// <summary>A store was away for longer than a trainer waits. The job's checkpoints are safe: it is given back and goes on from them.</summary>
/// <param name="limit">How long the trainer waited.</param>
/// <param name="inner">The last failure.</param>
internal sealed class OutageException(TimeSpan limit, Exception inner)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"The store was away for {limit.TotalSeconds:0} s: {Fault.Cut(inner.Message)}"), inner)
{
    /// <summary>How long the trainer waited.</summary>
    public TimeSpan Limit { get; } = limit;
}
