using System.Collections.Immutable;
using OrleansOneShot.Contracts.FanOut;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>A call to the worker on a borrowed slot, for some terms of a step.</summary>
internal sealed class StepCall
{
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _cancel;
    private readonly Action<int> _onTooLate;
    private readonly Lock _lock = new();
    private bool _abandoned;
    private int _arrived;

    /// <summary>Makes the call.</summary>
    /// <param name="slot">Where to call.</param>
    /// <param name="work">What to evaluate.</param>
    /// <param name="share">Number of terms that the worker has to evaluate by the end of this call, those of calls before it included.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="onTooLate">Hears how many results came after the call was abandoned.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public StepCall(BorrowedSlot slot, StepWork work, int share, TimeProvider clock, Action<int> onTooLate, CancellationToken cancellationToken)
    {
        Slot = slot;
        Work = work;
        Share = share;
        _clock = clock;
        _onTooLate = onTooLate;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Sent = clock.GetTimestamp();
        Answer = CallAsync();
    }

    /// <summary>Where the call went.</summary>
    public BorrowedSlot Slot { get; }

    /// <summary>What was asked for.</summary>
    public StepWork Work { get; }

    /// <summary>Terms that count for the deadline.</summary>
    public int Share { get; }

    /// <summary>Timestamp of the call.</summary>
    public long Sent { get; }

    /// <summary>How long the answer took; zero before.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>The answer.</summary>
    public Task<ImmutableArray<TermResult>> Answer { get; }

    /// <summary>The answer is of no use any more, whether it has come or not.</summary>
    public void Abandon()
    {
        int arrived;
        lock (_lock)
        {
            if (_abandoned)
            {
                return;
            }
            _abandoned = true;
            arrived = _arrived;
        }

        if (arrived > 0)
        {
            _onTooLate(arrived);
        }
        // What the other side does then must not run on the engine's thread; a call that has ended needs no signal.
        Task.Run(_cancel.Cancel, CancellationToken.None).Ignore();
        Answer.Ignore();
    }

    private async Task<ImmutableArray<TermResult>> CallAsync()
    {
        try
        {
            var results = await Slot.Worker.EvaluateAsync(Work, _cancel.Token);
            bool tooLate;
            var count = results.IsDefault ? 0 : results.Length;
            lock (_lock)
            {
                Elapsed = _clock.GetElapsedTime(Sent);
                tooLate = _abandoned;
                _arrived = count;
            }

            if (tooLate && count > 0)
            {
                _onTooLate(count);
            }
            return results;
        }
        finally
        {
            _cancel.Dispose();
        }
    }
}
