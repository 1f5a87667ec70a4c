namespace OrleansOneShot.Contracts.FanOut;

/// <summary>Limits of what silos exchange.</summary>
public static class FanOutLimits
{
    /// <summary>Largest payload of a call: Orleans drops the connection at 100 MiB, so it is checked before. A job beyond it stays local.</summary>
    public const int PayloadBytes = 64 << 20;

    /// <summary>Most terms of a step.</summary>
    public const int Terms = 1024;

    /// <summary>Longest text that says what a job's own slot has settled for its workers, in characters.</summary>
    public const int BriefText = 4096;
}
