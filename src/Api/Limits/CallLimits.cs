namespace OrleansOneShot.Api.Limits;

/// <summary>How much one caller may ask of one API process. What an owner may upload and queue is the cluster's business, wherever the calls come in.</summary>
public sealed record CallLimits
{
    /// <summary>Calls a second of one key, or of one address without a key; 0: any number. Default: 100.</summary>
    public int CallsPerSecond { get; init; } = 100;

    /// <summary>How many seconds' calls may come at once. Default: 4.</summary>
    public int BurstSeconds { get; init; } = 4;

    /// <summary>Refused keys a second of one address, beyond which the answer is no longer that they are refused. Default: 10.</summary>
    public int FailuresPerSecond { get; init; } = 10;

    /// <summary>Calls of one owner that wait for something to happen: streams of events, and <c>Prefer: wait</c>. Default: 2,000.</summary>
    public int WaitingPerOwner { get; init; } = 2000;
}
