using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace OrleansOneShot.TestKit.Servers;

/// <summary>
/// A real Azurite on a free port of the loopback, with an account, a key and, unless told otherwise, a folder of its own that goes with it. It is found by
/// ONESHOT_AZURITE (the program, or the folder that npm installed it into), or on the PATH.
/// </summary>
public sealed partial class AzuriteServer : IAsyncDisposable
{
    private const string Account = "oneshottest";

    /// <summary>What to say where there is no Azurite.</summary>
    public const string Missing = "Azurite is not installed (npm install --prefix DIR azurite, then ONESHOT_AZURITE=DIR).";

    private readonly string _folder;
    private readonly bool _keeps;
    private readonly string _program;
    private Process? _process;

    private AzuriteServer(string program, string? folder)
    {
        _program = program;
        _keeps = folder is not null;
        _folder = folder ?? Directory.CreateTempSubdirectory("oneshot-azurite-").FullName;
    }

    /// <summary>Its port.</summary>
    public int Port { get; private set; }

    /// <summary>The account's key, in base64.</summary>
    public string Key { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));

    /// <summary>The connection string, as Azure's SDK takes it.</summary>
    public string ConnectionString => ConnectionTo(Port);

    /// <summary>Resident memory of the server, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process!.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts a server. Without Azurite on the machine a test is skipped, or fails where servers are required.</summary>
    /// <param name="folder">Its data, which stays; null for a folder that goes with the server.</param>
    public static async Task<AzuriteServer> StartAsync(string? folder = null)
    {
        if (Find() is not { } program)
        {
            throw MissingServer.SkipOrFail(Missing);
        }

        var server = new AzuriteServer(program, folder);
        try
        {
            await server.RunAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether Azurite is on this machine.</summary>
    public static bool IsInstalled => Find() is not null;

    /// <summary>The connection string by another port, such as a proxy's.</summary>
    /// <param name="port">The port.</param>
    public string ConnectionTo(int port) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{port}/{Account};";

    /// <summary>Starts the server, again on its old port after <see cref="StopAsync"/>.</summary>
    public async Task RunAsync()
    {
        var start = new ProcessStartInfo(
            _program,
            ["--blobHost", "127.0.0.1", "--blobPort", $"{Port}", "--location", _folder, "--silent", "--loose", "--skipApiVersionCheck", "--disableTelemetry"]
        )
        {
            RedirectStandardOutput = true,
            WorkingDirectory = _folder,
            Environment = { ["AZURITE_ACCOUNTS"] = $"{Account}:{Key}" },
        };
        using var soon = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        _process = Process.Start(start)!;
        while (await _process.StandardOutput.ReadLineAsync(soon.Token) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                Port = int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
                _ = _process.StandardOutput.ReadToEndAsync();
                return;
            }
        }

        throw new InvalidOperationException("Azurite ended before it was ready.");
    }

    /// <summary>
    /// Ends the server in order: Azurite keeps its index in memory and writes it every few seconds and at its end, so a kill would lose what it has just
    /// acknowledged.
    /// </summary>
    public async Task StopAsync()
    {
        await SignalAsync("TERM");
        await _process!.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Sends a signal.</summary>
    /// <param name="name">STOP, CONT or TERM.</param>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process!.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        if (!_keeps)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static string? Find()
    {
        var named = Environment.GetEnvironmentVariable("ONESHOT_AZURITE");
        string[] places = string.IsNullOrEmpty(named)
            ? [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "azurite-blob"))]
            : [Path.Combine(named, "node_modules", ".bin", "azurite-blob"), Path.Combine(Path.GetDirectoryName(named) ?? "", "azurite-blob"), named];
        return places.FirstOrDefault(File.Exists);
    }

    [GeneratedRegex(@"listens on http://127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();
}
