namespace OrleansOneShot.Contracts.Jobs;

/// <summary>Questions about states.</summary>
public static class JobStates
{
    /// <summary>Whether a job in this state will never change again.</summary>
    /// <param name="state">The state.</param>
    /// <returns>True for succeeded, failed and cancelled.</returns>
    public static bool IsFinal(this JobState state) => state is JobState.Succeeded or JobState.Failed or JobState.Cancelled;
}
