using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Contracts.Errors;

/// <summary>The caller works for an epoch that has been replaced: it must stop at once and publish nothing.</summary>
/// <param name="jobId">The job.</param>
/// <param name="epoch">The caller's epoch.</param>
/// <param name="current">The job's epoch.</param>
public sealed class StaleEpochException(string jobId, long epoch, long current)
    : OneShotException(new ErrorDetail(ErrorCodes.Conflict, $"Job {jobId} is at epoch {current}; epoch {epoch} must stop."))
{
    /// <summary>The job.</summary>
    public string JobId { get; } = jobId;

    /// <summary>The caller's epoch.</summary>
    public long Epoch { get; } = epoch;

    /// <summary>The job's epoch.</summary>
    public long Current { get; } = current;
}
