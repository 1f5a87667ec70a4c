using System.Diagnostics;

namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>A real Redis on a free port, without persistence unless a test asks for it, that goes with its test.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly int _port;

    private RedisServer(Process process, int port)
    {
        _process = process;
        _port = port;
    }

    /// <summary>For <c>--cluster</c>.</summary>
    public string Address => $"redis://127.0.0.1:{_port}";

    /// <summary>For StackExchange.Redis.</summary>
    public string ConnectionString => $"127.0.0.1:{_port}";

    /// <summary>Starts a server. Without redis-server on the machine the test is skipped; where servers are required, it fails.</summary>
    /// <param name="password">What it asks for; null lets everybody in.</param>
    /// <param name="folder">Where it finds and keeps its data, in an append-only file; null keeps nothing.</param>
    public static async Task<RedisServer> StartAsync(string? password = null, string? folder = null)
    {
        if (!IsInstalled())
        {
            Assert.False(Environment.GetEnvironmentVariable("ONESHOT_REQUIRE_SERVERS") == "1", "redis-server is not installed, and ONESHOT_REQUIRE_SERVERS asks for it.");
            Assert.Skip("redis-server is not installed.");
        }

        var port = FreePort.Find();
        var start = new ProcessStartInfo("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", .. folder is null ? (string[])["--save", "", "--appendonly", "no"] : ["--dir", folder, "--appendonly", "yes"], .. password is null ? [] : (string[])["--requirepass", password]]) { RedirectStandardOutput = true };
        var server = new RedisServer(Process.Start(start)!, port);
        var output = new LineStream(server._process.StandardOutput);
        return await output.FindAsync(line => line.Contains("Ready to accept connections", StringComparison.Ordinal), TestContext.Current.CancellationToken) is not null
            ? server
            : throw new InvalidOperationException("redis-server ended before it was ready.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static bool IsInstalled() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "redis-server")));
}
