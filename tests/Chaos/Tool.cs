using System.Diagnostics;

namespace OrleansOneShot.Chaos;

/// <summary>Runs the small programs of the system: ip, nft, mount.</summary>
internal static class Tool
{
    /// <summary>Runs a command to its end.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it complained of; null: it worked.</returns>
    public static async Task<string?> TryAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var (said, complaint) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            await said;
            return process.ExitCode == 0 ? null : $"{program} {string.Join(' ', arguments)}: {(await complaint).Trim()}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"{program}: {e.Message}";
        }
    }

    /// <summary>Runs a command that must work.</summary>
    public static async Task RunAsync(string program, params string[] arguments)
    {
        if (await TryAsync(program, arguments) is { } complaint)
        {
            throw new InvalidOperationException(complaint);
        }
    }
}
