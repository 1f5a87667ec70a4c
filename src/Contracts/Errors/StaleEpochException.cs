namespace OrleansOneShot.Contracts.Errors;

/// <summary>The caller works for an epoch that has been replaced: it must stop at once and publish nothing.</summary>
[GenerateSerializer, Alias("oneshot.StaleEpochException")]
public sealed class StaleEpochException : OneShotException
{
    /// <summary>Creates the error.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The caller's epoch.</param>
    /// <param name="current">The job's epoch.</param>
    public StaleEpochException(string jobId, long epoch, long current)
        : base(new ErrorDetail(ErrorCodes.Conflict, $"Job {jobId} is at epoch {current}; epoch {epoch} must stop."))
    {
        Epoch = epoch;
        Current = current;
    }

    /// <summary>The caller's epoch.</summary>
    [Id(0)]
    public long Epoch { get; }

    /// <summary>The job's epoch.</summary>
    [Id(1)]
    public long Current { get; }
}
