using System.Diagnostics;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>Spans of jobs: what waits, runs, and is stored; not one a step, of which metrics tell.</summary>
public static class JobTrace
{
    /// <summary>Name of the source, for OpenTelemetry's <c>AddSource</c>.</summary>
    public const string SourceName = "OrleansOneShot";

    internal static ActivitySource Source { get; } = new(SourceName);

    /// <summary>Begins a span of a job.</summary>
    /// <param name="name">What it is, without the prefix.</param>
    /// <param name="parent">The span that it belongs to.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="began">When it began; left out: now.</param>
    /// <returns>The span; null: nobody listens.</returns>
    internal static Activity? Begin(string name, ActivityContext parent, string jobId, long epoch, DateTimeOffset began = default) =>
        Source.StartActivity($"oneshot {name}", ActivityKind.Internal, parent, startTime: began)?.SetTag("oneshot.job", jobId).SetTag("oneshot.epoch", epoch);
}
