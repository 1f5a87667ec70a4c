using Microsoft.Extensions.Logging;
using OrleansOneShot.Api.Limits;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Api.Hosting;

/// <summary>What an API process serves, where and for whom.</summary>
public sealed record ApiServerOptions
{
    /// <summary>The address where people expect it.</summary>
    public const string DefaultUrl = "http://127.0.0.1:8080";

    /// <summary>The jobs; stays the caller's.</summary>
    public required ClusterClient Client { get; init; }

    /// <summary>The artifacts.</summary>
    public required IArtifactStore Store { get; init; }

    /// <summary>Where to listen: <c>http://ADDRESS:PORT</c>; port 0 takes a free one.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [DefaultUrl];

    /// <summary>A folder of this process alone for uploads that are under way; created when it is needed.</summary>
    public required string SpoolFolder { get; init; }

    /// <summary>How much one caller may ask of this process.</summary>
    public CallLimits Limits { get; init; } = new();

    /// <summary>Adds where logs go; null: nowhere.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
