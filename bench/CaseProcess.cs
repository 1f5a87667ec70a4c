using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OrleansOneShot.Bench;

/// <summary>Runs a case in a process of its own: this program again.</summary>
internal static class CaseProcess
{
    /// <summary>Starts the process, waits for it and reads its one line.</summary>
    /// <exception cref="InvalidOperationException">The process failed; its own words are on stderr.</exception>
    public static BenchResult Run(BenchCase wanted)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("This program's path is unknown.");
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        }

        foreach (
            var argument in new[]
            {
                "one",
                wanted.Name,
                wanted.Precision,
                wanted.Batch.ToString(CultureInfo.InvariantCulture),
                wanted.Device,
                wanted.Pixels.ToString(CultureInfo.InvariantCulture),
            }
        )
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 && JsonSerializer.Deserialize<BenchResult>(line) is { } result
            ? result
            : throw new InvalidOperationException(
                $"The case {wanted.Name} {wanted.Precision} batch {wanted.Batch} on {wanted.Device} ended with {process.ExitCode}."
            );
    }
}
