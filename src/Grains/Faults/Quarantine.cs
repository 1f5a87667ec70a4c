using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Faults;

/// <summary>
/// Keeps a silo whose machine failed a job from the next ones, until it passes its self-test: at first after a second, then after pauses that double. A fault
/// that the self-test does not see makes the next pause longer too; a job that gets on here makes it short again.
/// </summary>
/// <param name="test">The self-test.</param>
/// <param name="options">Whether silos are kept back at all, the pauses, and the floor of free space.</param>
/// <param name="logger">Log.</param>
internal sealed partial class Quarantine(ISelfTest test, IOptions<OneShotGrainsOptions> options, ILogger<Quarantine> logger) : ISiloHealth, IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private string? _fault;
    private string? _told;
    private int _faults;
    private int _seen;
    private bool _mending;
    private bool _disposed;
    private volatile bool _pausing;

    /// <inheritdoc/>
    public event Action<string?>? Changed;

    /// <inheritdoc/>
    public string? Why
    {
        get
        {
            lock (_lock)
            {
                return _told;
            }
        }
    }

    /// <summary>Whether it waits for its next self-test; tests move the clock then.</summary>
    internal bool IsPausing => _pausing;

    /// <summary>The machine failed a job. Where this silo is all there is, nothing is kept back: every job fails for itself, and nobody waits.</summary>
    /// <param name="why">What happened, as the end of a sentence.</param>
    public void Enter(string why)
    {
        if (options.Value.MaxFaultySilos <= 1)
        {
            return;
        }
        lock (_lock)
        {
            _fault = why;
            _faults++;
            _seen++;
            if (!_mending)
            {
                _mending = true;
                Task.Run(() => MendAsync(PauseAfter(_faults)), CancellationToken.None).Ignore();
            }
        }

        Look();
    }

    /// <summary>A job got on here.</summary>
    public void Worked()
    {
        lock (_lock)
        {
            _faults = 0;
        }
    }

    /// <summary>Looks at the floor of free space, and tells what is new.</summary>
    /// <returns><see cref="Why"/>.</returns>
    public string? Look()
    {
        var lacks = FreeSpace.Lacks(options.Value.WorkFolder, options.Value.MinFreeBytes);
        string? why;
        lock (_lock)
        {
            why = _fault ?? lacks;
            if (why == _told)
            {
                return why;
            }
            _told = why;
        }

        if (why is null)
        {
            LogBack();
        }
        else
        {
            LogKept(why);
        }
        Changed?.Invoke(why);
        return why;
    }

    /// <summary>Ends what waits. May be called twice: it is registered under two types.</summary>
    public void Dispose()
    {
        // The container knows it as two services, and disposes of it for each.
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }
        _stop.Cancel();
        _stop.Dispose();
    }

    private TimeSpan PauseAfter(int faults)
    {
        var (first, longest) = (options.Value.QuarantinePause, options.Value.LongestQuarantinePause);
        var pause = first * Math.Pow(2, Math.Min(faults, 30) - 1);
        return pause < longest ? pause : longest;
    }

    private async Task MendAsync(TimeSpan pause)
    {
        while (true)
        {
            var pausing = Task.Delay(pause, options.Value.Clock, _stop.Token);
            _pausing = true;
            await pausing;
            _pausing = false;
            int seen;
            lock (_lock)
            {
                seen = _seen;
            }
            var fails = await test.RunAsync(_stop.Token);
            lock (_lock)
            {
                // A fault that came meanwhile is not what was tested.
                var passed = fails is null && seen == _seen;
                if (passed)
                {
                    (_fault, _mending) = (null, false);
                }
                else
                {
                    _fault = fails ?? _fault;
                }
                if (passed)
                {
                    break;
                }
            }

            Look();
            pause = pause * 2 < options.Value.LongestQuarantinePause ? pause * 2 : options.Value.LongestQuarantinePause;
        }

        Look();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "This silo takes no jobs: {Why}")]
    private partial void LogKept(string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "This silo takes jobs again")]
    private partial void LogBack();
}
