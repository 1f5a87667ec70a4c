using System.Diagnostics;
using System.Globalization;

namespace OrleansOneShot.Chaos;

/// <summary>A process that says when it is ready, and takes signals.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private bool _disposed;
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process, string ready)
    {
        _process = process;
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
    /// <param name="ready">What its line holds when it is ready.</param>
    public static ServerProcess Start(string program, IEnumerable<string> arguments, string ready)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // One thread a slot, and none that spins: many processes share few processors.
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        return new ServerProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start."), ready);
    }

    /// <summary>Sends a signal.</summary>
    /// <param name="name">KILL, STOP, CONT or TERM.</param>
    public async Task SignalAsync(string name)
    {
        if (IsAlive)
        {
            using var kill = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -{name} {_process.Id}")]);
            await kill.WaitForExitAsync();
        }
    }

    /// <summary>Waits for its end.</summary>
    public Task EndAsync() => _process.WaitForExitAsync();

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (IsAlive)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void See(string? line, string ready)
    {
        if (line is null)
        {
            _ready.TrySetException(new InvalidOperationException("The process ended before it was ready."));
        }
        else if (line.Contains(ready, StringComparison.Ordinal))
        {
            _ready.TrySetResult(line);
        }
    }
}
