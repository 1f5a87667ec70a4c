using System.Diagnostics;
using OrleansOneShot.TestKit.Streams;

namespace OrleansOneShot.TestKit.Servers;

/// <summary>A real Redis on a free port, as docs/redis.conf has it, that goes with its test.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    /// <summary>Options that make it forget everything when it ends.</summary>
    public static readonly string[] Volatile = ["--save", "", "--appendonly", "no"];

    private readonly int _port;
    private readonly string _folder;
    private readonly bool _ownsFolder;
    private readonly string[] _options;
    private Process? _process;

    private RedisServer(int port, string folder, bool ownsFolder, string[] options)
    {
        _port = port;
        _folder = folder;
        _ownsFolder = ownsFolder;
        _options = options;
    }

    /// <summary>For <c>--cluster</c>.</summary>
    public string Address => $"redis://127.0.0.1:{_port}";

    /// <summary>For StackExchange.Redis.</summary>
    public string ConnectionString => $"127.0.0.1:{_port}";

    /// <summary>Starts a server. Without redis-server on the machine the test is skipped; where servers are required, it fails.</summary>
    /// <param name="password">What it asks for; null lets everybody in.</param>
    /// <param name="folder">Where it finds and keeps its data; null: a folder that goes with it.</param>
    /// <param name="options">Options that replace those of the file.</param>
    public static async Task<RedisServer> StartAsync(string? password = null, string? folder = null, params string[] options)
    {
        if (!Executables.Exist("redis-server"))
        {
            throw MissingServer.SkipOrFail("redis-server is not installed.");
        }

        var own = folder is null ? Directory.CreateTempSubdirectory("oneshot-redis-").FullName : null;
        var server = new RedisServer(
            FreePort.Find(),
            folder ?? own!,
            own is not null,
            [.. options, .. password is null ? [] : (string[])["--requirepass", password]]
        );
        await server.StartAsync();
        return server;
    }

    /// <summary>SIGKILL: it gets no chance to store anything more.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
            _process = null;
        }
    }

    /// <summary>Starts it again on its port, with what it has kept.</summary>
    public Task StartAsync() => LaunchAsync();

    private async Task LaunchAsync(params string[] more)
    {
        var start = new ProcessStartInfo(
            "redis-server",
            [Repository.PathOf("docs", "redis.conf"), "--port", $"{_port}", "--bind", "127.0.0.1", "--dir", _folder, .. _options, .. more]
        )
        {
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        var output = new LineStream(_process.StandardOutput);
        if (
            await output.FindAsync(line => line.Contains("Ready to accept connections", StringComparison.Ordinal), TestContext.Current.CancellationToken)
            is null
        )
        {
            throw new InvalidOperationException("redis-server ended before it was ready.");
        }
    }

    /// <summary>Has it write a snapshot and copies that, as docs/OPERATIONS.md backs it up.</summary>
    /// <param name="copy">The file to make.</param>
    public async Task BackUpAsync(string copy)
    {
        await CallAsync("BGSAVE");
        await UntilAsync("rdb_bgsave_in_progress:0");
        File.Copy(Path.Combine(_folder, "dump.rdb"), copy);
    }

    /// <summary>Puts a snapshot in the place of all it has, as docs/OPERATIONS.md restores it: with appendonly from the start it would begin empty.</summary>
    /// <param name="copy">The file.</param>
    public async Task PutBackAsync(string copy)
    {
        await KillAsync();
        Directory.Delete(Path.Combine(_folder, "appendonlydir"), recursive: true);
        File.Copy(copy, Path.Combine(_folder, "dump.rdb"), overwrite: true);
        await LaunchAsync("--appendonly", "no");
        await CallAsync("CONFIG", "SET", "appendonly", "yes");
        await UntilAsync("aof_rewrite_in_progress:0");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (_ownsFolder)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task UntilAsync(string line)
    {
        while (!(await CallAsync("INFO", "persistence")).Contains(line, StringComparison.Ordinal))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<string> CallAsync(params string[] command)
    {
        using var call = Process.Start(new ProcessStartInfo("redis-cli", ["-e", "-p", $"{_port}", .. command]) { RedirectStandardOutput = true })!;
        var answer = await call.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await call.WaitForExitAsync(TestContext.Current.CancellationToken);
        return call.ExitCode == 0 ? answer : throw new InvalidOperationException($"redis-cli {command[0]}: {answer}");
    }
}
