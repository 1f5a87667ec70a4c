using System.Diagnostics;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Monitoring.Tests;

/// <summary>promtool, which comes with Prometheus.</summary>
internal static class Promtool
{
    /// <summary>Runs it. Without it on the machine the test is skipped; where servers are required, it fails.</summary>
    /// <param name="arguments">Its arguments.</param>
    public static Task<(int Code, string Output)> RunAsync(params string[] arguments) => RunAsync(input: "", arguments);

    /// <summary>As <see cref="RunAsync(string[])"/>.</summary>
    /// <param name="input">What it reads from standard input.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<(int Code, string Output)> RunAsync(string input, string[] arguments)
    {
        if (!Executables.Exist("promtool"))
        {
            throw MissingServer.SkipOrFail("promtool is not installed; it comes with the package prometheus.");
        }

        using var process = Process.Start(
            new ProcessStartInfo("promtool", arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var (output, error) = (
            process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)
        );
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }
}
