namespace OrleansOneShot.Documents.Datasets;

/// <summary>The states of a dataset run.</summary>
public enum DatasetRunState
{
    /// <summary>Starts items, or waits for those that are still to be added.</summary>
    Running = 0,

    /// <summary>Was cancelled, and waits until the jobs that it had begun have stopped.</summary>
    Cancelling = 1,

    /// <summary>Was cancelled: nothing of it runs until somebody resumes it.</summary>
    Cancelled = 2,

    /// <summary>All items have ended; that some have failed is told by the counts.</summary>
    Finished = 3,
}

/// <summary>The states of an item of a dataset run.</summary>
public enum DatasetItemState
{
    /// <summary>Waits for its turn.</summary>
    Waiting = 0,

    /// <summary>Has a job, which waits for a slot or works.</summary>
    Running = 1,

    /// <summary>Its job has published a result.</summary>
    Succeeded = 2,

    /// <summary>Ended with an error.</summary>
    Failed = 3,

    /// <summary>Its job was cancelled, with the run or alone.</summary>
    Cancelled = 4,
}

/// <summary>Questions about the states of dataset runs.</summary>
public static class DatasetStates
{
    /// <summary>Whether a run stands still: nothing changes it any more but <c>resume</c> and <c>retry</c>.</summary>
    /// <param name="state">The state.</param>
    /// <returns>True for cancelled and finished.</returns>
    public static bool IsAtRest(this DatasetRunState state) => state is DatasetRunState.Cancelled or DatasetRunState.Finished;

    /// <summary>Whether an item has ended: nothing changes it any more but <c>resume</c> and <c>retry</c>.</summary>
    /// <param name="state">The state.</param>
    /// <returns>True for succeeded (which is for ever), failed and cancelled.</returns>
    public static bool HasEnded(this DatasetItemState state) => state is DatasetItemState.Succeeded or DatasetItemState.Failed or DatasetItemState.Cancelled;
}
