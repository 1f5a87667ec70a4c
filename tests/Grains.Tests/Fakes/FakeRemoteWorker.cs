using System.Collections.Concurrent;
using System.Collections.Immutable;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Grains.FanOut;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>A worker on a borrowed slot that does as a test says; by default it answers at once, and right.</summary>
internal sealed class FakeRemoteWorker(string silo) : IRemoteWorker
{
    public string Silo => silo;

    public Func<CancellationToken, Task> OnOpen { get; set; } = _ => Task.CompletedTask;

    public Func<ReadOnlyMemory<byte>, int, Task<ReadOnlyMemory<byte>>> OnEcho { get; set; } =
        (_, bytes) => Task.FromResult<ReadOnlyMemory<byte>>(new byte[bytes]);

    public Func<StepWork, CancellationToken, Task<ImmutableArray<TermResult>>> OnEvaluate { get; set; } = (work, _) => Task.FromResult(Answer(work));

    public Func<Task> OnClose { get; set; } = () => Task.CompletedTask;

    /// <summary>What it was asked to evaluate.</summary>
    public ConcurrentQueue<StepWork> Works { get; } = new();

    public int Closed { get; private set; }

    public static ImmutableArray<TermResult> Answer(StepWork work) =>
        [
            .. work.Terms.Select(term =>
            {
                var value = FakeTerms.Value(work.Step, term, work.Payload);
                return new TermResult(work.JobId, work.Epoch, work.Step, term, value.Payload, value.Losses, 0);
            }),
        ];

    public Task OpenAsync(string brief, CancellationToken cancellationToken) => OnOpen(cancellationToken);

    public Task<ReadOnlyMemory<byte>> EchoAsync(ReadOnlyMemory<byte> payload, int answerBytes) => OnEcho(payload, answerBytes);

    public Task<ImmutableArray<TermResult>> EvaluateAsync(StepWork work, CancellationToken cancellationToken)
    {
        Works.Enqueue(work);
        return OnEvaluate(work, cancellationToken);
    }

    public Task CloseAsync()
    {
        Closed++;
        return OnClose();
    }
}
