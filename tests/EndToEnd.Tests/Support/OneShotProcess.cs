using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.TestKit.Streams;

namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>The real program in a process of its own.</summary>
internal sealed class OneShotProcess : IAsyncDisposable
{
    /// <summary>Exit code of a process that SIGKILL ended.</summary>
    public const int Killed = 128 + 9;

    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "oneshot.dll");

    private readonly Process _process;
    private readonly LineStream _output;
    private readonly LineStream _error;

    // Only against hanging for ever: no test measures time.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromMinutes(8));

    private OneShotProcess(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(file)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _output = new LineStream(_process.StandardOutput);
        _error = new LineStream(_process.StandardError);
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Starts a command.</summary>
    public static OneShotProcess Start(params IEnumerable<string> arguments) => new(DotNet, [s_program, .. arguments]);

    /// <summary>Starts a command with variables of its own in its environment.</summary>
    public static OneShotProcess Start(IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments) =>
        new(DotNet, [s_program, .. arguments], environment);

    /// <summary>Starts another program of .NET.</summary>
    public static OneShotProcess StartOther(string assembly, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments) =>
        new(DotNet, [assembly, .. arguments], environment);

    /// <summary>Starts a shell script, in which <c>"$@"</c> is the command.</summary>
    public static OneShotProcess StartIn(IEnumerable<string> shell, IEnumerable<string> arguments) =>
        new(shell.First(), [.. shell.Skip(1), "sh", DotNet, s_program, .. arguments]);

    /// <summary>Waits until a silo has joined its cluster.</summary>
    /// <returns>The line that says so.</returns>
    public Task<string> ReadyAsync() => SaysAsync(line => line.StartsWith("Ready", StringComparison.Ordinal));

    /// <summary>Runs a command to its end.</summary>
    public static async Task<Ended> RunAsync(params IEnumerable<string> arguments)
    {
        await using var process = Start(arguments);
        return await process.EndAsync();
    }

    /// <summary>Runs a command to its end with variables of its own in its environment.</summary>
    public static async Task<Ended> RunAsync(IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        await using var process = Start(environment, arguments);
        return await process.EndAsync();
    }

    /// <summary>Waits for a line of stderr.</summary>
    public Task<string> SaysAsync(Func<string, bool> wanted) => FindAsync(_error, wanted);

    /// <summary>Waits for a line of stdout.</summary>
    public Task<string> WritesAsync(Func<string, bool> wanted) => FindAsync(_output, wanted);

    /// <summary>Waits until stderr says that a training step is done.</summary>
    public Task<string> TrainsAsync(int step) => SaysAsync(line => TrainingStep(line) >= step);

    /// <summary>SIGKILL: the process gets no chance to do anything more.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGINT, as Ctrl-C sends it.</summary>
    public Task InterruptAsync() => SignalAsync("INT");

    /// <summary>SIGTERM, as a service manager sends it.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <summary>SIGSTOP: the process stands still, with all its connections, as on a machine that hangs.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>SIGCONT: a process that stood still goes on where it was.</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    /// <summary>Waits for its end.</summary>
    public async Task<Ended> EndAsync()
    {
        await _process.WaitForExitAsync(_guard.Token);
        return new Ended(_process.ExitCode, await _output.ToEndAsync(_guard.Token), await _error.ToEndAsync(_guard.Token));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _guard.Dispose();
    }

    private static string DotNet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static int TrainingStep(string line) =>
        line.StartsWith("Training step ", StringComparison.Ordinal) ? int.Parse(line.AsSpan(14, line.IndexOf('/') - 14), CultureInfo.InvariantCulture) : -1;

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {Id}"]);
        await kill.WaitForExitAsync(_guard.Token);
        Assert.Equal(0, kill.ExitCode);
    }

    private async Task<string> FindAsync(LineStream stream, Func<string, bool> wanted)
    {
        if (await stream.FindAsync(wanted, _guard.Token) is { } line)
        {
            return line;
        }

        var ended = await EndAsync();
        throw new InvalidOperationException(
            $"The process ended with {ended.ExitCode} before it wrote that line.\nstdout:\n{ended.Output}\nstderr:\n{ended.Error}"
        );
    }
}
