using System.Collections.Concurrent;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Compute.FanOut;

namespace OrleansOneShot.Compute.Tests.FanOut;

/// <summary>
/// Workers inside the process, each with a model and a thread of its own; they answer in the wrong order, and the one asked last is never the run's own.
/// </summary>
internal sealed class LocalWorkers(int workers, Func<TermWorker> open) : IBorrowedSlots, IDisposable
{
    private readonly List<(Thread Thread, BlockingCollection<Action<TermWorker>> Calls)> _threads = [];

    public int LargestPayload { get; init; } = int.MaxValue;

    /// <summary>Seconds that the way is said to take.</summary>
    public double Transfer { get; init; }

    /// <summary>Whether workers that were recruited never answer, so that everything is evaluated by the run itself.</summary>
    public bool Dead { get; init; }

    /// <summary>Terms that workers evaluated.</summary>
    public int Evaluated { get; private set; }

    public FanOutFigures Figures { get; } = new();

    /// <summary>What workers were told last.</summary>
    public WorkerBrief? Brief { get; private set; }

    public List<int> Wanted { get; } = [];

    public List<(int There, int Back)> Measured { get; } = [];

    public int Dismissals { get; private set; }

    public void Settle(string brief) => Brief = WorkerBrief.Parse(brief);

    public int Recruit(int wanted, TimeSpan patience, CancellationToken cancellationToken)
    {
        Assert.NotNull(Brief);
        Wanted.Add(wanted);
        var count = Math.Min(workers, wanted);
        while (!Dead && _threads.Count < count)
        {
            var calls = new BlockingCollection<Action<TermWorker>>();
            var thread = new Thread(() => Work(calls)) { IsBackground = true };
            thread.Start();
            _threads.Add((thread, calls));
        }

        return count;
    }

    public double MeasureTransfer(int bytesThere, int bytesBack, CancellationToken cancellationToken)
    {
        Measured.Add((bytesThere, bytesBack));
        return Transfer;
    }

    public IReadOnlyList<TermValue> Evaluate(int step, int terms, ReadOnlyMemory<byte> payload, Func<int, TermValue> here, CancellationToken cancellationToken)
    {
        var answers = new TaskCompletionSource<TermValue>[terms];
        for (var term = terms - 1; term >= 0; term--)
        {
            answers[term] = new TaskCompletionSource<TermValue>();
            if (Of(term) is { } calls)
            {
                var (mine, answer) = (term, answers[term]);
                calls.Add(worker => Answer(answer, () => worker.Evaluate(step, mine, payload, CancellationToken.None)), cancellationToken);
                Evaluated++;
            }
        }

        for (var term = terms - 1; term >= 0; term--)
        {
            if (Of(term) is null)
            {
                answers[term].SetResult(here(term));
            }
        }

        return [.. answers.Select(a => a.Task.GetAwaiter().GetResult())];
    }

    public void Dismiss() => Dismissals++;

    public void Dispose()
    {
        foreach (var (thread, calls) in _threads)
        {
            calls.CompleteAdding();
            thread.Join();
            calls.Dispose();
        }
    }

    private BlockingCollection<Action<TermWorker>>? Of(int term)
    {
        var slot = term % (_threads.Count + 1);
        return slot == 0 ? null : _threads[slot - 1].Calls;
    }

    private void Work(BlockingCollection<Action<TermWorker>> calls)
    {
        TermWorker? worker = null;
        try
        {
            foreach (var call in calls.GetConsumingEnumerable())
            {
                worker ??= open();
                Assert.Equal(Brief!.Fingerprint, worker.Fingerprint);
                call(worker);
            }
        }
        finally
        {
            worker?.Dispose();
        }
    }

    private static void Answer(TaskCompletionSource<TermValue> answer, Func<TermValue> evaluate)
    {
        try
        {
            answer.SetResult(evaluate());
        }
        catch (Exception e)
        {
            answer.SetException(e);
        }
    }
}
