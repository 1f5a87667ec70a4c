using Microsoft.Extensions.Logging;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>
/// Spreads the steps of one epoch of a job over borrowed slots. Steps run on the engine's thread (<see cref="StepRun"/>); slots come and go beside it, in tasks
/// that never wait for a step. This file: what the engine calls.
/// </summary>
internal sealed partial class StepCoordinator : IBorrowedSlots, IAsyncDisposable
{
    /// <summary>Late, or off the point, so many times: the slot is given up.</summary>
    public const int MaxStrikes = 2;

    // Times what is usual: a slot that needs longer is late.
    private const double Lateness = 4;

    // The first answer includes a warm-up, here as there; so much longer than a term takes here, at the least.
    private const double FirstLateness = 10;

    // The first ones carry the cost of code and buffers that are used for the first time: ten times that of the later ones was seen.
    private const int LeastEchoes = 2;
    private const int MostEchoes = 8;

    private static readonly TimeSpan s_echoing = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(5);

    private readonly ISlotLender _lender;
    private readonly SlotLease _own;
    private readonly OneShotGrainsOptions _options;
    private readonly OneShotInstruments _instruments;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private FanOutFigures _figures = new();
    private double _slowestOwnTerm;
    private volatile string _brief = "";

    /// <summary>Prepares; borrows nothing yet.</summary>
    /// <param name="lender">Where slots come from.</param>
    /// <param name="own">The job's own lease.</param>
    /// <param name="options">Clock and deadlines.</param>
    /// <param name="instruments">Metrics.</param>
    /// <param name="logger">Log.</param>
    public StepCoordinator(ISlotLender lender, SlotLease own, OneShotGrainsOptions options, OneShotInstruments instruments, ILogger logger)
    {
        _lender = lender;
        _own = own;
        _options = options;
        _instruments = instruments;
        _logger = logger;
    }

    /// <inheritdoc/>
    public int LargestPayload => FanOutLimits.PayloadBytes;

    /// <inheritdoc/>
    public FanOutFigures Figures
    {
        get
        {
            lock (_lock)
            {
                return _figures;
            }
        }
    }

    /// <summary>The clock.</summary>
    public TimeProvider Clock => _options.Clock;

    /// <summary>Bytes of a term's answer: those of the latest evaluated here, or announced by a measurement; 0: not known yet.</summary>
    public int AnswerBytes { get; private set; }

    /// <inheritdoc/>
    public void Settle(string brief) => _brief = brief;

    /// <inheritdoc/>
    public int Recruit(int wanted, TimeSpan patience, CancellationToken cancellationToken)
    {
        var began = Clock.GetTimestamp();
        Want(Math.Clamp(wanted, 0, FanOutLimits.Terms - 1));
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (ready, settled, change) = Look();
            var remaining = TimeSpan.FromMilliseconds(Math.Ceiling((patience - Clock.GetElapsedTime(began)).TotalMilliseconds));
            if (settled || ready >= wanted || remaining <= TimeSpan.Zero)
            {
                return ready;
            }
            try
            {
                change.WaitAsync(remaining, Clock, cancellationToken).GetAwaiter().GetResult();
            }
            catch (TimeoutException)
            {
                // Late ones join later.
            }
        }
    }

    /// <inheritdoc/>
    public double MeasureTransfer(int bytesThere, int bytesBack, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytesThere);
        ArgumentOutOfRangeException.ThrowIfNegative(bytesBack);
        if (bytesThere > FanOutLimits.PayloadBytes || bytesBack > FanOutLimits.PayloadBytes)
        {
            return double.PositiveInfinity;
        }
        AnswerBytes = bytesBack;
        var payload = new byte[bytesThere];
        var (best, tries) = (double.PositiveInfinity, 0);
        var first = Clock.GetTimestamp();
        while ((tries < LeastEchoes || (tries < MostEchoes && Clock.GetElapsedTime(first) < s_echoing)) && ReadySlots() is { Count: > 0 } slots)
        {
            var began = Clock.GetTimestamp();
            var failed = Task.WhenAll(slots.Select(slot => EchoesAsync(slot, payload, bytesBack, cancellationToken)))
                .GetAwaiter()
                .GetResult()
                .Count(well => !well);
            cancellationToken.ThrowIfCancellationRequested();
            // A try in which one failed tells nothing of the others; the failed one is gone, so this ends.
            if (failed > 0)
            {
                continue;
            }
            best = Math.Min(best, Clock.GetElapsedTime(began).TotalSeconds);
            tries++;
        }

        return tries == 0 ? double.PositiveInfinity : best;
    }

    /// <inheritdoc/>
    public IReadOnlyList<TermValue> Evaluate(int step, int terms, ReadOnlyMemory<byte> payload, Func<int, TermValue> here, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(here);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(terms);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(terms, FanOutLimits.Terms);
        BorrowWhatLacks(terms - 1);
        var slots = payload.Length > FanOutLimits.PayloadBytes ? [] : ReadySlots().Take(Math.Max(0, terms - 1)).ToList();
        var began = Clock.GetTimestamp();
        // A copy, if it is sent: the caller may use its bytes again while a late call still holds them.
        var work = new StepWork(_own.JobId, _own.Epoch, step, [.. Enumerable.Range(0, terms)], slots.Count == 0 ? payload : payload.ToArray());
        var run = new StepRun(this, work, slots, here, cancellationToken);
        var values = run.Run();
        if (slots.Count > 0)
        {
            Count(figures => figures with { Steps = figures.Steps + 1, Slots = Math.Max(figures.Slots, slots.Count + 1) });
            _instruments.OnFanOutStep(Clock.GetElapsedTime(began) - run.OwnTime);
        }

        return values;
    }

    /// <summary>How long a slot may take for some terms.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="terms">Number of terms.</param>
    /// <returns>The time.</returns>
    public TimeSpan Deadline(BorrowedSlot slot, int terms)
    {
        var (floor, usual) = slot.SlowestTerm is { } slowest
            ? (_options.FanOutMinDeadline, Lateness * slowest)
            : (_options.FanOutFirstDeadline, FirstLateness * _slowestOwnTerm);
        return usual * terms > floor.TotalSeconds ? TimeSpan.FromSeconds(Math.Min(usual * terms, TimeSpan.FromDays(1).TotalSeconds)) : floor;
    }

    /// <summary>How many terms' answers fit one call.</summary>
    /// <param name="payloadBytes">Bytes of a step's payload.</param>
    /// <returns>Number of terms, at least 1.</returns>
    public int TermsInACall(int payloadBytes)
    {
        // Before the first value is known: weights and both moments is the most that an engine answers.
        var answer = AnswerBytes > 0 ? AnswerBytes : 3L * payloadBytes;
        return (int)Math.Clamp(FanOutLimits.PayloadBytes / Math.Max(1, answer), 1, FanOutLimits.Terms);
    }

    /// <summary>A term was evaluated here.</summary>
    /// <param name="elapsed">Its time.</param>
    /// <param name="bytes">Bytes of its value.</param>
    public void OwnTerm(TimeSpan elapsed, int bytes)
    {
        _slowestOwnTerm = Math.Max(_slowestOwnTerm, elapsed.TotalSeconds);
        AnswerBytes = bytes;
    }

    /// <summary>Answers were thrown away.</summary>
    /// <param name="answers">How many.</param>
    public void DropAnswers(int answers) => Count(figures => figures with { AnswersDropped = figures.AnswersDropped + answers });

    /// <summary>Counts.</summary>
    /// <param name="change">What to add.</param>
    public void Count(Func<FanOutFigures, FanOutFigures> change)
    {
        lock (_lock)
        {
            _figures = change(_figures);
        }
    }

    /// <summary>Echoes; a slot that can't is given up.</summary>
    private async Task<bool> EchoesAsync(BorrowedSlot slot, byte[] payload, int bytesBack, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await slot.Worker.EchoAsync(payload, bytesBack).WaitAsync(_options.FanOutFirstDeadline, Clock, cancellationToken);
            if (answer.Length == bytesBack)
            {
                return true;
            }
            Drop(slot, $"its echo holds {answer.Length} bytes instead of {bytesBack}", forGood: true);
        }
        catch (Exception e)
        {
            // Else the caller gives up, not the slot.
            if (!cancellationToken.IsCancellationRequested)
            {
                Drop(slot, e);
            }
        }

        return false;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}, epoch {Epoch}: slot {Slot} of {Silo} helps")]
    private partial void LogReady(string jobId, long epoch, int slot, string silo);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}, epoch {Epoch}: slot {Slot} of {Silo} helps no more: {Why}")]
    private partial void LogLeft(string jobId, long epoch, int slot, string silo, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}, epoch {Epoch}: slot {Slot} of {Silo} {Why} in step {Step}")]
    private partial void LogStrike(string jobId, long epoch, int slot, string silo, string why, int step);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}, epoch {Epoch}: the scheduler could not be asked for slots")]
    private partial void LogNotLent(Exception error, string jobId, long epoch);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Lent slot {Slot} of {Silo} does not answer a sign of life")]
    private partial void LogNotHeard(Exception error, int slot, string silo);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Lent slot {Slot} of {Silo} could not be closed")]
    private partial void LogNotClosed(Exception error, int slot, string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lent slot {Slot} of {Silo} could not be given back")]
    private partial void LogNotGivenBack(Exception error, int slot, string silo);
}
