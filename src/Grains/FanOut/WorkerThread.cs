using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>
/// A worker of this silo: somebody else's job on a slot that is lent to it, with a thread of its own. What it loads, evaluates and frees, it does there, in the
/// order of the calls. It ends when it is closed, when the slot is needed for something else, or when nobody calls for a while, because then its job's silo is
/// gone; always between two terms.
/// </summary>
internal sealed partial class WorkerThread : IDisposable
{
    // Far more than a coordinator ever has under way; a bound all the same.
    private const int MaxPending = 64;

    private readonly ITermEngine _engine;
    private readonly EngineJob _job;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _patience;
    private readonly Lock _lock = new();
    private readonly HashSet<WaitingTerms> _pending = [];
    private readonly BlockingCollection<WaitingTerms> _items = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _idle;
    private OneShotException? _ended;

    /// <summary>Prepares a worker.</summary>
    /// <param name="engine">Makes the worker.</param>
    /// <param name="lease">The lent slot.</param>
    /// <param name="job">The job.</param>
    /// <param name="options">Clock and patience.</param>
    /// <param name="logger">Log.</param>
    public WorkerThread(ITermEngine engine, SlotLease lease, EngineJob job, OneShotGrainsOptions options, ILogger logger)
    {
        _engine = engine;
        Lease = lease;
        _job = job;
        _logger = logger;
        _clock = options.Clock;
        _patience = options.FanOutIdleTimeout;
        _idle = _clock.CreateTimer(_ => EndIfIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // Whoever opens may have given up meanwhile.
        _opened.Task.Ignore();
    }

    /// <summary>The lent slot.</summary>
    public SlotLease Lease { get; }

    /// <summary>Whether it takes no more work.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_lock)
            {
                return _ended is not null;
            }
        }
    }

    /// <summary>Ends when terms can be evaluated; fails if the job can't be prepared here.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Ends when the thread has freed everything; never fails.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>What the engine met last, if anything.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>What callers of a closed worker get.</summary>
    /// <param name="why">Why it is closed.</param>
    /// <returns>The error.</returns>
    public static OneShotException Unavailable(string why) => new(new ErrorDetail(ErrorCodes.Unavailable, $"The lent slot evaluates nothing: {why}."));

    /// <summary>Starts the thread.</summary>
    /// <param name="slotFree">What the slot did before: two engines never share a slot.</param>
    public void Start(Task slotFree)
    {
        // The caller is a grain: neither its scheduler nor its request's context may follow.
        using (ExecutionContext.SuppressFlow())
        {
            Completion = Task.Factory.StartNew(
                () => Run(slotFree),
                CancellationToken.None,
                TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                TaskScheduler.Default
            );
        }
    }

    /// <summary>A sign of life of the job.</summary>
    /// <exception cref="OneShotException">unavailable: it has ended.</exception>
    public void Touch()
    {
        lock (_lock)
        {
            if (_ended is not null)
            {
                throw _ended;
            }
            _idle.Change(_patience, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Evaluates terms on the thread, after what was asked for before.</summary>
    /// <param name="work">What to evaluate.</param>
    /// <param name="cancellationToken">Gives up; the thread then leaves the rest of the terms out.</param>
    /// <returns>A result for each term, in the order asked for.</returns>
    /// <exception cref="OneShotException">unavailable: it has ended; invalid_input, limit: no such work; else the engine's.</exception>
    public async Task<ImmutableArray<TermResult>> EvaluateAsync(StepWork work, CancellationToken cancellationToken)
    {
        Require(work);
        var item = new WaitingTerms(work, cancellationToken);
        lock (_lock)
        {
            if (_ended is not null)
            {
                throw _ended;
            }
            if (_pending.Count >= MaxPending)
            {
                throw new OneShotException(new ErrorDetail(ErrorCodes.Limit, $"{MaxPending} calls wait for this slot already."));
            }
            _pending.Add(item);
            _items.Add(item, CancellationToken.None);
        }

        await using var registration = cancellationToken.UnsafeRegister(state => ((WaitingTerms)state!).Cancel(), item);
        return await item.Result;
    }

    /// <summary>Ends it at the next term boundary. Its callers hear of it at once, whatever the engine does.</summary>
    /// <param name="why">Why.</param>
    public void End(string why) => End(Unavailable(why));

    public void Dispose()
    {
        _idle.Dispose();
        _items.Dispose();
        _stop.Dispose();
    }

    private void End(OneShotException error)
    {
        List<WaitingTerms> pending;
        lock (_lock)
        {
            if (_ended is not null)
            {
                return;
            }
            _ended = error;
            pending = [.. _pending];
            _idle.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        LogEnded(_job.JobId, _job.Epoch, Lease.Slot, error.Message);
        _opened.TrySetException(error);
        foreach (var item in pending)
        {
            item.Fail(error);
        }
        // Callbacks of the engine must not run on the caller, which may be a grain. A thread that has ended meanwhile needs no signal.
        Task.Run(_stop.Cancel, CancellationToken.None).Ignore();
    }

    private void EndIfIdle()
    {
        lock (_lock)
        {
            // The clock begins again when the thread has done its work.
            if (_ended is not null || _pending.Count > 0 || !_opened.Task.IsCompleted)
            {
                return;
            }
        }

        End($"nobody called for {_patience}");
    }

    private void Run(Task slotFree)
    {
        try
        {
            slotFree.Wait(_stop.Token);
            using var worker = _engine.Open(_job, _stop.Token);
            LogOpened(_job.JobId, _job.Epoch, Lease.Slot);
            _opened.TrySetResult();
            Rest();
            foreach (var item in _items.GetConsumingEnumerable(_stop.Token))
            {
                var answer = Evaluate(worker, item);
                lock (_lock)
                {
                    _pending.Remove(item);
                }
                // Before anybody hears of it: who does may look at the clock.
                Rest();
                answer();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Ended; whoever ended it has told the callers.
        }
        catch (Exception e)
        {
            LogFailed(e, _job.JobId, _job.Epoch);
            Failure = e;
            End(Describe(e));
        }
    }

    /// <summary>From here on the job's silence counts.</summary>
    private void Rest()
    {
        lock (_lock)
        {
            if (_ended is null)
            {
                _idle.Change(_patience, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Evaluates terms.</summary>
    /// <returns>Tells who waits for them.</returns>
    private Action Evaluate(ITermWorker worker, WaitingTerms item)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, item.CancellationToken);
        try
        {
            var results = ImmutableArray.CreateBuilder<TermResult>(item.Work.Terms.Length);
            long bytes = 0;
            foreach (var term in item.Work.Terms)
            {
                either.Token.ThrowIfCancellationRequested();
                var began = _clock.GetTimestamp();
                var value = worker.Evaluate(item.Work.Step, term, item.Work.Payload, either.Token);
                bytes += value.Payload.Length;
                if (bytes > FanOutLimits.PayloadBytes)
                {
                    throw new OneShotException(
                        new ErrorDetail(ErrorCodes.Limit, $"The answer holds {bytes} bytes, more than the {FanOutLimits.PayloadBytes} of a call.")
                    );
                }
                results.Add(
                    new TermResult(_job.JobId, _job.Epoch, item.Work.Step, term, value.Payload, value.Losses, _clock.GetElapsedTime(began).TotalSeconds)
                );
            }

            var values = results.MoveToImmutable();
            return () => item.Complete(values);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return item.Cancel;
        }
        catch (Exception e)
        {
            LogTermFailed(e, _job.JobId, _job.Epoch, item.Work.Step);
            Failure = e;
            var error = Describe(e);
            return () => item.Fail(error);
        }
    }

    private void Require(StepWork work)
    {
        if (work.JobId != _job.JobId || work.Epoch != _job.Epoch)
        {
            throw Invalid($"The slot is lent to job {_job.JobId}, epoch {_job.Epoch}, not to {work.JobId}, epoch {work.Epoch}.");
        }
        if (
            work.Step < 0
            || work.Terms.IsDefaultOrEmpty
            || work.Terms.Length > FanOutLimits.Terms
            || work.Terms.Any(term => term is < 0 or >= FanOutLimits.Terms)
        )
        {
            throw Invalid($"Step {work.Step} names no terms, or some that are not from 0 to {FanOutLimits.Terms - 1}.");
        }
        if (work.Payload.Length > FanOutLimits.PayloadBytes)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.Limit, $"The step's payload holds {work.Payload.Length} bytes, more than the {FanOutLimits.PayloadBytes} of a call.")
            );
        }
    }

    private static OneShotException Invalid(string message) => new(new ErrorDetail(ErrorCodes.InvalidInput, message));

    // Any other exception might not be known where it arrives.
    private static OneShotException Describe(Exception error) =>
        error as OneShotException
        ?? new OneShotException(new ErrorDetail(ErrorCodes.Failed, $"The engine failed on the lent slot: {Fault.Cut(error.Message)}"));

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}, epoch {Epoch}: ready to evaluate terms on lent slot {Slot}")]
    private partial void LogOpened(string jobId, long epoch, int slot);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}, epoch {Epoch}: leaves lent slot {Slot}. {Why}")]
    private partial void LogEnded(string jobId, long epoch, int slot, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}, epoch {Epoch}: its terms can't be evaluated here")]
    private partial void LogFailed(Exception error, string jobId, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}, epoch {Epoch}: a term of step {Step} failed")]
    private partial void LogTermFailed(Exception error, string jobId, long epoch, int step);

    /// <summary>Terms that wait for the thread.</summary>
    /// <param name="work">What to evaluate.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private sealed class WaitingTerms(StepWork work, CancellationToken cancellationToken)
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
}
