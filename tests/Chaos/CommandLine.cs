using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansOneShot.Chaos;

/// <summary>A run of the program as users run it, as a client of the cluster.</summary>
internal sealed class CommandLine : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly TaskCompletionSource<string?> _job = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _read;

    private CommandLine(Process process, string command)
    {
        _process = process;
        Command = command;
        Began = DateTimeOffset.UtcNow;
        _read = Task.WhenAll(
            ReadAsync(process.StandardOutput, _output, null),
            ReadAsync(
                process.StandardError,
                _error,
                line =>
                {
                    if (line.StartsWith("Job ", StringComparison.Ordinal) && line.Split(' ', ',') is [_, var id, ..])
                    {
                        _job.TrySetResult(id);
                    }
                }
            )
        );
        _ = _read.ContinueWith(_ => _job.TrySetResult(null), TaskScheduler.Default);
    }

    /// <summary>What was asked, such as "jobs watch".</summary>
    public string Command { get; }

    /// <summary>When.</summary>
    public DateTimeOffset Began { get; }

    /// <summary>The job that it says it has submitted; null: it ended without a word of one.</summary>
    public Task<string?> Job => _job.Task;

    /// <summary>What it wrote, once it has ended.</summary>
    public string[] Lines => _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What it told people, once it has ended.</summary>
    public string Words => _error.ToString();

    /// <summary>How it ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>The sentence with which it failed; null: it wrote none.</summary>
    public string? Error => Lines.LastOrDefault() is { } last && TryParse(last)?["error"]?["message"] is { } message ? (string?)message : null;

    /// <summary>Starts a command on a cluster.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="data">The client's own folder.</param>
    /// <param name="command">Its words.</param>
    /// <param name="arguments">Its arguments.</param>
    public static CommandLine Start(ChaosCluster cluster, string data, string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "oneshot.dll"),
                .. command.Split(' '),
                .. arguments,
                "--cluster",
                cluster.RedisAddress,
                "--data",
                data,
                "--format",
                "json",
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in cluster.StoreEnvironment)
        {
            start.Environment[name] = value;
        }

        return new CommandLine(Process.Start(start)!, command);
    }

    /// <summary>Waits for its end, of which <see cref="Told"/> says whether it comes at all.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _read.WaitAsync(cancellationToken);
    }

    /// <summary>Ends it the hard way: it hangs.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await EndAsync(CancellationToken.None);
    }

    /// <summary>Ctrl-C.</summary>
    public async Task InterruptAsync()
    {
        if (!_process.HasExited)
        {
            await Tool.TryAsync("kill", "-INT", _process.Id.ToString(CultureInfo.InvariantCulture));
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    /// <summary>Reads a line that should be a document.</summary>
    /// <param name="line">The line.</param>
    public static JsonNode? TryParse(string line)
    {
        try
        {
            return line.StartsWith('{') ? JsonNode.Parse(line) : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static async Task ReadAsync(StreamReader reader, StringBuilder all, Action<string>? see)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            all.Append(line).Append('\n');
            see?.Invoke(line);
        }
    }
}
