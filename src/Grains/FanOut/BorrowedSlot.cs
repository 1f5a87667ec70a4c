using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>A borrowed slot, as its job's coordinator sees it.</summary>
/// <param name="lease">What was lent.</param>
/// <param name="worker">The way to the worker there.</param>
internal sealed class BorrowedSlot(SlotLease lease, IRemoteWorker worker) : IDisposable
{
    // Long enough that one slow answer is remembered for a while, short enough that a slow warm-up is forgotten.
    private const int Remembered = 8;

    private readonly Queue<double> _secondsPerTerm = new();
    private readonly CancellationTokenSource _gone = new();

    /// <summary>What was lent.</summary>
    public SlotLease Lease => lease;

    /// <summary>The way to the worker there.</summary>
    public IRemoteWorker Worker => worker;

    /// <summary>Cancelled when the coordinator has no more use for it.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>Whether the worker can evaluate.</summary>
    public bool Ready { get; set; }

    /// <summary>Steps in which it was late, or answered something else than was asked.</summary>
    public int Strikes { get; set; }

    /// <summary>The slowest of its latest answers, in seconds a term; null before the first.</summary>
    public double? SlowestTerm => _secondsPerTerm.Count == 0 ? null : _secondsPerTerm.Max();

    /// <summary>Takes note of an answer.</summary>
    /// <param name="secondsPerTerm">Its time, by term.</param>
    public void Answered(double secondsPerTerm)
    {
        if (_secondsPerTerm.Count == Remembered)
        {
            _secondsPerTerm.Dequeue();
        }
        _secondsPerTerm.Enqueue(secondsPerTerm);
    }

    /// <summary>Ends what is under way.</summary>
    /// <returns>When all have heard.</returns>
    public Task LeaveAsync() => _gone.CancelAsync();

    public void Dispose() => _gone.Dispose();
}
