using System.Diagnostics;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Deployment.Tests.Support;

/// <summary>helm, of the folder that ONESHOT_KUBERNETES names, or where .ci/run puts it.</summary>
internal static class Tool
{
    private const string Variable = "ONESHOT_KUBERNETES";

    private static readonly string s_helm = Path.Combine(
        Environment.GetEnvironmentVariable(Variable)
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "oneshot", "kubernetes-2.2.2"),
        "helm",
        "helm"
    );

    /// <summary>Runs helm. Without it on the machine the test is skipped; where servers are required, it fails.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>How it ended, and what it said.</returns>
    public static async Task<Said> HelmAsync(params IEnumerable<string> arguments)
    {
        if (!File.Exists(s_helm))
        {
            throw MissingServer.SkipOrFail($"helm is not there: {Variable} names the folder of helm/helm; .ci/run fetches it.");
        }

        return await RunAsync(s_helm, arguments);
    }

    /// <summary>Runs a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>How it ended, and what it said.</returns>
    public static async Task<Said> RunAsync(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                // Nothing of who runs the tests: no repositories, plugins or clusters.
                Environment = { ["HELM_CONFIG_HOME"] = "/nonexistent", ["KUBECONFIG"] = "/nonexistent" },
            }
        )!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Said(process.ExitCode, await output, await error);
    }

    /// <summary>What a program said.</summary>
    /// <param name="ExitCode">Its exit code.</param>
    /// <param name="Output">Its standard output.</param>
    /// <param name="Error">Its standard error.</param>
    internal sealed record Said(int ExitCode, string Output, string Error);
}
