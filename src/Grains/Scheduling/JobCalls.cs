using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>Something that the scheduler says to a job about a lease: that the job has it, or that it has lost it.</summary>
/// <param name="lease">The lease.</param>
/// <param name="lost">Why it is lost; null: the job has it.</param>
internal sealed class JobCall(SlotLease lease, string? lost)
{
    /// <summary>The lease.</summary>
    public SlotLease Lease => lease;

    /// <summary>Why it is lost; null: the job has it.</summary>
    public string? Lost => lost;

    /// <summary>How often it was said and not answered.</summary>
    public int Unanswered { get; set; }

    /// <summary>Whether it is being said.</summary>
    public bool IsUnderWay => !Saying.IsCompleted;

    /// <summary>The present try.</summary>
    public Task Saying { get; set; } = Task.CompletedTask;
}

/// <summary>
/// What was said to jobs about leases and not answered yet. A job has one lease at most, so what is said of a later one replaces what was said of an earlier
/// one: whoever comes back to the earlier one finds it replaced, and does nothing.
/// </summary>
internal sealed class JobCalls
{
    private readonly Dictionary<string, JobCall> _calls = new(StringComparer.Ordinal);

    /// <summary>What is to be said from now on, in place of what was.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="lost">Why it is lost; null: the job has it.</param>
    /// <returns>The call.</returns>
    public JobCall Begin(SlotLease lease, string? lost) => _calls[lease.JobId] = new JobCall(lease, lost);

    /// <summary>Whether a call still counts.</summary>
    /// <param name="call">The call.</param>
    /// <returns>Whether it does.</returns>
    public bool Has(JobCall call) => _calls.GetValueOrDefault(call.Lease.JobId) == call;

    /// <summary>A call was answered, or counts no more.</summary>
    /// <param name="call">The call.</param>
    public void End(JobCall call)
    {
        if (Has(call))
        {
            _calls.Remove(call.Lease.JobId);
        }
    }

    /// <summary>Nothing that was said to a job counts any more: it waits, or gets another lease.</summary>
    /// <param name="jobId">The job.</param>
    public void Forget(string jobId) => _calls.Remove(jobId);

    /// <summary>Ends when a job that is being told of its lease has answered, or not.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>When; never fails.</returns>
    public Task WhenStartedAsync(string jobId) => _calls.GetValueOrDefault(jobId) is { Lost: null } call ? call.Saying : Task.CompletedTask;

    /// <summary>What is to be said again: it was said at least once, and nobody is saying it.</summary>
    /// <param name="lost">Whether of lost leases, or of those that jobs have.</param>
    /// <returns>The calls.</returns>
    public IReadOnlyList<JobCall> Due(bool lost) => [.. _calls.Values.Where(call => call.Lost is not null == lost && call.Unanswered > 0 && !call.IsUnderWay)];
}
