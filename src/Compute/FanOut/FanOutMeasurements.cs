using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>What <see cref="FanOutMode.Auto"/> decides by, measured before the first step.</summary>
public sealed record FanOutMeasurements
{
    /// <summary>UNet terms of a step.</summary>
    public required int Terms { get; init; }

    /// <summary>Other machines that are ready.</summary>
    public required int Workers { get; init; }

    /// <summary>Seconds of a whole step on this machine alone.</summary>
    public required double StepSeconds { get; init; }

    /// <summary>Seconds of one term alone.</summary>
    public required double TermSeconds { get; init; }

    /// <summary>Seconds of the way to all machines and back; null when it failed.</summary>
    public required double? TransferSeconds { get; init; }

    /// <summary>Seconds in which the gradients of all terms are added up.</summary>
    public required double ReduceSeconds { get; init; }

    /// <summary>Seconds of a step that was tried over all machines; null when it was not worth trying.</summary>
    public double? TriedSeconds { get; init; }

    /// <summary>Bytes there, a machine and step.</summary>
    public required int PayloadBytes { get; init; }

    /// <summary>Bytes back, a term.</summary>
    public required int AnswerBytes { get; init; }
}
