namespace OrleansOneShot.Grains.Engine;

/// <summary>What a job's fan-out came to, for the manifest and the metrics.</summary>
public sealed record FanOutFigures
{
    /// <summary>Steps whose terms were spread.</summary>
    public int Steps { get; init; }

    /// <summary>Most slots that worked for the job at once, its own included.</summary>
    public int Participants { get; init; } = 1;

    /// <summary>Payload bytes sent.</summary>
    public long BytesSent { get; init; }

    /// <summary>Payload bytes received.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Seconds in which the job's own slot had nothing to do but wait for others.</summary>
    public double SecondsWaited { get; init; }

    /// <summary>Terms evaluated again because their slot died or was late.</summary>
    public int TermsRepeated { get; init; }

    /// <summary>Slots given up: dead, taken back, or late twice.</summary>
    public int WorkersDropped { get; init; }

    /// <summary>Answers thrown away: of another step, or a second one.</summary>
    public int AnswersDropped { get; init; }
}
