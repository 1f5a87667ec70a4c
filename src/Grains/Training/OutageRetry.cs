using Microsoft.Extensions.Logging;
using OrleansOneShot.Grains.Faults;
using Polly;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// Waits for something that is away: a store, a database, a silo. Tries again with backoff and jitter for a bounded time; a call that has waited for more than
/// a moment is told about, once as it begins and once as it ends.
/// </summary>
internal sealed partial class OutageRetry
{
    // A grain that moves, or a connection that is made anew: nobody needs to hear of that.
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(2);
    private static readonly ResiliencePropertyKey<Wait> s_key = new("wait");

    private readonly TimeProvider _clock;
    private readonly TimeSpan _limit;
    private readonly Predicate<Exception> _mayPass;
    private readonly Action<string> _tell;
    private readonly ResiliencePipeline _pipeline;

    /// <summary>Prepares.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="limit">Longest time that a call may try.</param>
    /// <param name="mayPass">Whether a failure may pass by itself.</param>
    /// <param name="tell">Gets a sentence for people.</param>
    /// <param name="logger">Hears of every retry.</param>
    public OutageRetry(TimeProvider clock, TimeSpan limit, Predicate<Exception> mayPass, Action<string> tell, ILogger logger)
    {
        _clock = clock;
        _limit = limit;
        _mayPass = mayPass;
        _tell = tell;
        _pipeline = JobCallRetry.Create(
            clock,
            arguments => arguments.Outcome.Exception is { } error && mayPass(error) && clock.GetElapsedTime(WaitOf(arguments.Context).Began) < limit,
            arguments =>
            {
                LogRetry(logger, arguments.Outcome.Exception, arguments.AttemptNumber + 1);
                Tell(WaitOf(arguments.Context), arguments.Outcome.Exception!);
            }
        );
    }

    /// <summary>Does something, patiently. It may be done several times.</summary>
    /// <typeparam name="T">Its result.</typeparam>
    /// <param name="work">What to do.</param>
    /// <param name="cancellationToken">Ends the patience.</param>
    /// <returns>The result.</returns>
    /// <exception cref="OutageException">It has been away for longer than the limit.</exception>
    public async Task<T> ExecuteAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        var wait = new Wait { Began = _clock.GetTimestamp() };
        context.Properties.Set(s_key, wait);
        try
        {
            var result = await _pipeline.ExecuteAsync(async inner => await work(inner.CancellationToken), context);
            if (wait.Away is { } away)
            {
                _tell(FormattableString.Invariant($"{Back(away)} after {_clock.GetElapsedTime(wait.Began).TotalSeconds:0} s."));
            }
            return result;
        }
        catch (Exception e) when (_mayPass(e))
        {
            throw new OutageException(_limit, e);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static Wait WaitOf(ResilienceContext context) => context.Properties.GetValue(s_key, null!);

    private void Tell(Wait wait, Exception error)
    {
        if (wait.Away is not null || _clock.GetElapsedTime(wait.Began) < s_moment)
        {
            return;
        }
        wait.Away = Fault.Away(error);
        _tell($"Waits for {wait.Away}");
    }

    private static string Back(string away) =>
        away.StartsWith("the store", StringComparison.Ordinal) ? "The store is back"
        : away.StartsWith("the cluster", StringComparison.Ordinal) ? "The cluster answers"
        : "The other silo answers";

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call failed (attempt {Attempt}); it is tried again")]
    private static partial void LogRetry(ILogger logger, Exception? error, int attempt);

    private sealed class Wait
    {
        public long Began { get; init; }

        /// <summary>What was told to be away; null: nothing was.</summary>
        public string? Away { get; set; }
    }
}
