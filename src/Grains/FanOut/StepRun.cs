using System.Collections.Immutable;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Contracts.FanOut;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>
/// One step on the engine's thread: shares the terms out, evaluates its own share, and goes on until every term has exactly one value. Whatever the other slots
/// do, every wait has a deadline and every term is tried elsewhere at most once before it is evaluated here, so it ends.
/// </summary>
internal sealed class StepRun
{
    private readonly StepCoordinator _owner;
    private readonly StepWork _work;
    private readonly Func<int, TermValue> _here;
    private readonly CancellationToken _cancellationToken;
    private readonly TermValue?[] _values;
    private readonly bool[] _repeated;
    private readonly Queue<int> _own = new();
    private readonly List<StepCall> _calls = [];
    private readonly HashSet<BorrowedSlot> _struck = [];
    private readonly List<BorrowedSlot> _slots;

    /// <summary>Prepares a step.</summary>
    /// <param name="owner">The coordinator.</param>
    /// <param name="work">The step; its terms are all terms of the step.</param>
    /// <param name="slots">The slots to use beside this one.</param>
    /// <param name="here">Evaluates a term on the calling thread.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public StepRun(StepCoordinator owner, StepWork work, IEnumerable<BorrowedSlot> slots, Func<int, TermValue> here, CancellationToken cancellationToken)
    {
        _owner = owner;
        _work = work;
        _slots = [.. slots];
        _here = here;
        _cancellationToken = cancellationToken;
        _values = new TermValue?[work.Terms.Length];
        _repeated = new bool[work.Terms.Length];
    }

    /// <summary>Time spent in evaluations on this thread.</summary>
    public TimeSpan OwnTime { get; private set; }

    /// <summary>Evaluates the step.</summary>
    /// <returns>The values, in the order of the terms.</returns>
    public IReadOnlyList<TermValue> Run()
    {
        try
        {
            Share(_work.Terms, _slots);
            while (true)
            {
                _cancellationToken.ThrowIfCancellationRequested();
                if (_own.TryDequeue(out var term))
                {
                    EvaluateHere(term);
                }
                else if (_calls.Count > 0)
                {
                    Wait();
                }
                else
                {
                    return [.. _values.Select(value => value!)];
                }
                Collect();
            }
        }
        finally
        {
            foreach (var call in _calls)
            {
                call.Abandon();
            }
        }
    }

    /// <summary>Gives terms out in turns, to this thread first.</summary>
    private void Share(IReadOnlyList<int> terms, List<BorrowedSlot> slots)
    {
        var shares = slots.Select(_ => ImmutableArray.CreateBuilder<int>()).ToList();
        for (var i = 0; i < terms.Count; i++)
        {
            if (i % (slots.Count + 1) is var turn and > 0)
            {
                shares[turn - 1].Add(terms[i]);
            }
            else
            {
                _own.Enqueue(terms[i]);
            }
        }

        for (var i = 0; i < slots.Count; i++)
        {
            var share = 0;
            // One call for all, unless the answer would be too large for one.
            foreach (var part in shares[i].ToImmutable().Chunk(_owner.TermsInACall(_work.Payload.Length)))
            {
                share += part.Length;
                _owner.Count(figures => figures with { BytesSent = figures.BytesSent + _work.Payload.Length });
                _calls.Add(new StepCall(slots[i], _work with { Terms = [.. part] }, share, _owner.Clock, _owner.DropAnswers, _cancellationToken));
            }
        }
    }

    private void EvaluateHere(int term)
    {
        var began = _owner.Clock.GetTimestamp();
        _values[term] = _here(term);
        var elapsed = _owner.Clock.GetElapsedTime(began);
        OwnTime += elapsed;
        _owner.OwnTerm(elapsed, _values[term]!.Payload.Length);
    }

    /// <summary>Waits for an answer, or for the next deadline.</summary>
    private void Wait()
    {
        var began = _owner.Clock.GetTimestamp();
        // Rounded up: timers count in milliseconds, and a wait that ends too early would spin.
        var remaining = TimeSpan.FromMilliseconds(Math.Ceiling(_calls.Min(Remaining).TotalMilliseconds));
        if (remaining <= TimeSpan.Zero)
        {
            return;
        }
        try
        {
            Task.WhenAny(_calls.Select(call => call.Answer)).WaitAsync(remaining, _owner.Clock, _cancellationToken).GetAwaiter().GetResult();
        }
        catch (TimeoutException)
        {
            // Late ones are seen by their deadlines.
        }

        var seconds = _owner.Clock.GetElapsedTime(began).TotalSeconds;
        _owner.Count(figures => figures with { SecondsWaited = figures.SecondsWaited + seconds });
    }

    /// <summary>Takes what has come, and finds other places for what will not.</summary>
    private void Collect()
    {
        var missing = new SortedSet<int>();
        foreach (var call in _calls.ToList())
        {
            if (call.Answer.IsCompleted)
            {
                Take(call);
            }
            else if (Remaining(call) <= TimeSpan.Zero)
            {
                Strike(call.Slot, "was late");
            }
            else
            {
                continue;
            }
            End(call, missing);
        }

        // Of a slot that was given up nothing more is expected.
        foreach (var call in _calls.Where(call => !_owner.Has(call.Slot)).ToList())
        {
            End(call, missing);
        }
        if (missing.Count > 0)
        {
            Repeat(missing);
        }
    }

    private void End(StepCall call, SortedSet<int> missing)
    {
        if (!call.Answer.IsCompleted)
        {
            call.Abandon();
        }
        _calls.Remove(call);
        missing.UnionWith(call.Work.Terms.Where(term => _values[term] is null));
    }

    private void Repeat(SortedSet<int> missing)
    {
        _owner.Count(figures => figures with { TermsRepeated = figures.TermsRepeated + missing.Count });
        // A term that failed twice, or that is alone, is evaluated here: nobody is nearer.
        var again = missing.Where(term => !_repeated[term]).ToList();
        foreach (var term in missing.Except(again))
        {
            _own.Enqueue(term);
        }
        foreach (var term in again)
        {
            _repeated[term] = true;
        }
        var idle = _slots.Where(slot => slot.Strikes == 0 && _owner.Has(slot) && !_calls.Exists(call => call.Slot == slot));
        Share(again, [.. idle.Take(again.Count - 1)]);
    }

    private void Take(StepCall call)
    {
        ImmutableArray<TermResult> results;
        try
        {
            results = call.Answer.GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            _owner.Drop(call.Slot, e);
            return;
        }

        var (taken, dropped) = (0, 0);
        foreach (var result in results.IsDefault ? [] : results)
        {
            if (
                result is null
                || result.JobId != _work.JobId
                || result.Epoch != _work.Epoch
                || result.Step != _work.Step
                || !call.Work.Terms.Contains(result.Term)
                || _values[result.Term] is not null
            )
            {
                dropped++;
                continue;
            }

            _owner.Count(figures => figures with { BytesReceived = figures.BytesReceived + result.Payload.Length });
            if (result.Payload.Length != _owner.AnswerBytes || result.Losses.IsDefault)
            {
                dropped++;
                _owner.DropAnswers(dropped);
                _owner.Drop(call.Slot, $"its answer holds {result.Payload.Length} bytes instead of {_owner.AnswerBytes}", forGood: true);
                return;
            }

            _values[result.Term] = new TermValue(result.Payload, result.Losses);
            taken++;
        }

        if (dropped > 0)
        {
            _owner.DropAnswers(dropped);
        }
        if (taken < call.Work.Terms.Length)
        {
            Strike(call.Slot, "answered something else");
        }
        else
        {
            call.Slot.Answered(call.Elapsed.TotalSeconds / call.Share);
        }
    }

    /// <summary>Once in a step, however many of its calls fail.</summary>
    private void Strike(BorrowedSlot slot, string why)
    {
        if (!_struck.Add(slot))
        {
            return;
        }
        if (++slot.Strikes >= StepCoordinator.MaxStrikes)
        {
            _owner.Drop(slot, why + " twice", forGood: true);
        }
        else
        {
            _owner.Warn(slot, why, _work.Step);
        }
    }

    private TimeSpan Remaining(StepCall call) => _owner.Deadline(call.Slot, call.Share) - _owner.Clock.GetElapsedTime(call.Sent);
}
