using System.Diagnostics;
using System.Globalization;

namespace OrleansOneShot.Bench;

/// <summary>Starts what measurements need in processes of their own.</summary>
internal static class ChildProcess
{
    /// <summary>Starts a Redis that keeps everything in memory.</summary>
    /// <param name="port">Its port on the loopback.</param>
    public static Process StartRedis(int port) =>
        Start("redis-server", ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", ""], "Ready to accept");

    /// <summary>Starts this program with other arguments; it says "Ready" when it is.</summary>
    /// <param name="arguments">The arguments.</param>
    public static Process StartSelf(IEnumerable<string> arguments) => Start(Environment.ProcessPath!, [.. Self(), .. arguments], "Ready");

    private static Process Start(string program, IEnumerable<string> arguments, string ready)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.Contains(ready, StringComparison.Ordinal))
            {
                return process;
            }
        }

        throw new InvalidOperationException($"{program} ended before it was ready.");
    }

    private static string[] Self() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
}
