using System.Collections.Immutable;
using OrleansOneShot.Contracts.FanOut;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>Terms that wait for a session's thread.</summary>
/// <param name="work">What to evaluate.</param>
/// <param name="cancellationToken">Gives up.</param>
internal sealed class WorkItem(StepWork work, CancellationToken cancellationToken)
{
    // The thread that evaluates must never run what its callers do next.
    private readonly TaskCompletionSource<ImmutableArray<TermResult>> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What to evaluate.</summary>
    public StepWork Work => work;

    /// <summary>Gives up.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>The answer.</summary>
    public Task<ImmutableArray<TermResult>> Result => _result.Task;

    /// <summary>Answers; the first answer counts.</summary>
    /// <param name="results">The terms' values.</param>
    public void Complete(ImmutableArray<TermResult> results) => _result.TrySetResult(results);

    /// <summary>Ends without values.</summary>
    /// <param name="error">Why.</param>
    public void Fail(Exception error) => _result.TrySetException(error);

    /// <summary>Ends because the caller gave up.</summary>
    public void Cancel() => _result.TrySetCanceled(cancellationToken);
}
