namespace OrleansOneShot.Documents.Jobs;

/// <summary>The states of a job, in the order in which they are passed.</summary>
public enum JobState
{
    /// <summary>Known, not yet queued.</summary>
    Submitted = 0,

    /// <summary>Waits for a slot.</summary>
    Queued = 1,

    /// <summary>Has a slot: loads the model, encodes the image, finds the prototypical embedding.</summary>
    Preparing = 2,

    /// <summary>Trains.</summary>
    Training = 3,

    /// <summary>Draws the samples and measures them.</summary>
    Sampling = 4,

    /// <summary>Puts the files into the store and writes the manifest.</summary>
    Publishing = 5,

    /// <summary>Done; the manifest is published.</summary>
    Succeeded = 6,

    /// <summary>Ended with an error; nothing is published.</summary>
    Failed = 7,

    /// <summary>Ended by its owner; nothing is published.</summary>
    Cancelled = 8,
}

/// <summary>Questions about states.</summary>
public static class JobStates
{
    /// <summary>
    /// Whether a job in this state has ended: nothing changes it any more but a retry, which takes a failed or cancelled one back into the queue.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <returns>True for succeeded (which is for ever), failed and cancelled.</returns>
    public static bool IsFinal(this JobState state) => state is JobState.Succeeded or JobState.Failed or JobState.Cancelled;
}
