using System.Diagnostics;
using System.Globalization;

namespace OrleansOneShot.Chaos;

/// <summary>A process that says when it is ready, and takes signals. What it says is kept in a file.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _disposed;

    private ServerProcess(Process process, string ready, string log)
    {
        _process = process;
        _log = new StreamWriter(log, append: true) { AutoFlush = true };
        process.OutputDataReceived += (_, line) => See(line.Data, ready);
        process.ErrorDataReceived += (_, line) => See(line.Data, ready);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The line that said so; fails if the process ended before.</summary>
    public Task<string> Ready => _ready.Task;

    /// <summary>Whether it lives.</summary>
    public bool IsAlive => !_process.HasExited;

    /// <summary>Starts a process.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">What is added to the environment; null takes a variable away.</param>
    /// <param name="ready">What its line holds when it is ready.</param>
    /// <param name="log">The file of what it says.</param>
    public static ServerProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment, string ready, string log)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ServerProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start."), ready, log);
    }

    /// <summary>Sends a signal; a process that has ended takes none.</summary>
    /// <param name="name">KILL, STOP, CONT or TERM.</param>
    public async Task SignalAsync(string name)
    {
        if (IsAlive)
        {
            using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task EndAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (IsAlive)
        {
            // Also one that is stopped.
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        lock (_gate)
        {
            _log.Dispose();
        }
    }

    private void See(string? line, string ready)
    {
        if (line is null)
        {
            _ready.TrySetException(new InvalidOperationException("The process ended before it was ready."));
            return;
        }

        lock (_gate)
        {
            if (!_disposed)
            {
                _log.WriteLine(line);
            }
        }

        if (line.Contains(ready, StringComparison.Ordinal))
        {
            _ready.TrySetResult(line);
        }
    }
}
