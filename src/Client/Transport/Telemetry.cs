using System.Diagnostics;

namespace OrleansOneShot.Client.Transport;

/// <summary>What the client tells of itself.</summary>
public static class Telemetry
{
    /// <summary>Name of the client's activity source, for OpenTelemetry's <c>AddSource</c>.</summary>
    public const string SourceName = "OrleansOneShot.Client";

    internal static ActivitySource Source { get; } = new(SourceName);
}
