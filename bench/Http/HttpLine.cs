namespace OrleansOneShot.Bench.Http;

/// <summary>What <c>bench http</c> measured.</summary>
internal sealed record HttpLine
{
    /// <summary>Submissions a second through a gateway, median of the rounds.</summary>
    public required double SubmitsByGateway { get; init; }

    /// <summary>Submissions a second over HTTP, median of the rounds.</summary>
    public required double SubmitsOverHttp { get; init; }

    /// <summary>The second by the first; the aim is more than 0.5.</summary>
    public double SubmitRatio => SubmitsOverHttp / SubmitsByGateway;

    /// <summary>How many watch one job.</summary>
    public required int Watchers { get; init; }

    /// <summary>Resident memory of the server that each adds, in KiB.</summary>
    public required double KibAWatcher { get; init; }

    /// <summary>Milliseconds from an event to a watcher: the median, over all events and watchers.</summary>
    public required double DelayMedian { get; init; }

    /// <summary>The same: of 100 events one comes later.</summary>
    public required double DelayP99 { get; init; }

    /// <summary>Events that watchers got, all together.</summary>
    public required long Events { get; init; }

    /// <summary>MiB a second of a download of 64 MiB, from the server and of a plain file.</summary>
    public required double Download { get; init; }

    /// <summary>The same of Kestrel's static files.</summary>
    public required double PlainDownload { get; init; }

    /// <summary>The first by the second; the aim is more than 0.7.</summary>
    public double DownloadRatio => Download / PlainDownload;

    /// <summary>MiB a second of an upload of 64 MiB: hashed, spooled and stored.</summary>
    public required double Upload { get; init; }

    /// <summary>The same into a plain file, by the same server.</summary>
    public required double PlainUpload { get; init; }

    /// <summary>The first by the second; the aim is more than 0.7.</summary>
    public double UploadRatio => Upload / PlainUpload;
}

/// <summary>What a process full of watchers tells.</summary>
internal sealed record WatcherLine
{
    /// <summary>Median delay, in milliseconds.</summary>
    public required double Median { get; init; }

    /// <summary>Of 100 events one comes later, in milliseconds.</summary>
    public required double P99 { get; init; }

    /// <summary>Events, all together.</summary>
    public required long Events { get; init; }
}
