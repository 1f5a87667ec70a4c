using System.Collections.Concurrent;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>Evaluates <see cref="FakeTerms"/>, notes what happens on which thread, and stops at gates that a test sets.</summary>
internal sealed class FakeTermEngine : ITermEngine
{
    private readonly ConcurrentDictionary<(int Step, int Term), Gate> _gates = new();

    /// <summary>What happened, such as "open j/1", "0.3" (step and term) and "close j/1".</summary>
    public ConcurrentQueue<string> Events { get; } = new();

    /// <summary>What each opening was told that the job's own slot has settled.</summary>
    public ConcurrentQueue<string?> Told { get; } = new();

    /// <summary>Threads on which it happened, and whether they are the pool's.</summary>
    public ConcurrentDictionary<Thread, bool> Threads { get; } = new();

    /// <summary>Thrown when a job is opened.</summary>
    public Exception? OpenFailure { get; set; }

    /// <summary>Thrown by every term.</summary>
    public Exception? TermFailure { get; set; }

    /// <summary>Terms at gates do not hear of being stopped, like an engine within a long kernel.</summary>
    public bool Deaf { get; set; }

    public Gate GateAt(int step, int term) => _gates.GetOrAdd((step, term), _ => new Gate());

    public ITermWorker Open(EngineJob job, CancellationToken cancellationToken)
    {
        Note($"open {job.JobId}/{job.Epoch}");
        Told.Enqueue(job.Brief);
        return OpenFailure is { } error ? throw error : new Worker(this, job);
    }

    private void Note(string what)
    {
        Threads[Thread.CurrentThread] = Thread.CurrentThread.IsThreadPoolThread;
        Events.Enqueue(what);
    }

    private sealed class Worker(FakeTermEngine engine, EngineJob job) : ITermWorker
    {
        public TermValue Evaluate(int step, int term, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
        {
            engine.Note($"{step}.{term}");
            if (engine._gates.TryGetValue((step, term), out var gate))
            {
                gate.PassAsync().Wait(engine.Deaf ? CancellationToken.None : cancellationToken);
            }
            if (engine.TermFailure is { } error)
            {
                throw error;
            }
            return FakeTerms.Value(step, term, payload);
        }

        public void Dispose() => engine.Note($"close {job.JobId}/{job.Epoch}");
    }
}
