using System.ComponentModel;
using System.Diagnostics;

namespace OrleansOneShot.Compute.Libtorch;

/// <summary>The PyTorch of the Python that a shell would start.</summary>
public static class InstalledPyTorch
{
    // Finds the package without importing it, which takes seconds.
    private const string Question = "import importlib.util as u; s = u.find_spec('torch'); print(s.origin if s and s.origin else '')";

    private const string None = "Install PyTorch for that Python, or put another one in front of it in PATH (of a virtual environment: activate it).";

    private const int LongestAnswer = 4096;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks Python.</summary>
    /// <param name="python">The program.</param>
    /// <returns>The folder that can be given to <see cref="LibtorchFolder.Variable"/>, looked at.</returns>
    /// <exception cref="LibtorchException">There is no Python, it has no PyTorch, or one that this program can't use.</exception>
    public static LibtorchFolder Find(string python = "python3")
    {
        var start = new ProcessStartInfo(python)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Question);
        try
        {
            using var process = Process.Start(start) ?? throw new LibtorchException($"{python} did not start.", None);
            process.StandardInput.Close();
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            var text = new char[LongestAnswer];
            var answer = process.StandardOutput.ReadBlockAsync(text, 0, text.Length);
            if (!answer.Wait(s_patience) || !process.WaitForExit(s_patience))
            {
                process.Kill(entireProcessTree: true);
                throw new LibtorchException($"{python} did not answer within {s_patience.TotalSeconds:0} s.", None);
            }

            var origin = new string(text, 0, answer.Result).Trim();
            return process.ExitCode == 0 && origin.Length > 0 && Path.GetDirectoryName(origin) is { } folder
                ? LibtorchFolder.Open(folder, source: $"{python} has its PyTorch in")
                : throw new LibtorchException($"{python} has no package torch.", None);
        }
        catch (Win32Exception)
        {
            throw new LibtorchException($"There is no {python} in PATH.", None);
        }
    }
}
