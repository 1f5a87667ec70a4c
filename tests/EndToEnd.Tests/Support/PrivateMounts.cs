using System.ComponentModel;
using System.Diagnostics;

namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>Shells in a mount namespace of their own: what they mount is theirs alone and goes with them.</summary>
internal static class PrivateMounts
{
    private static readonly string[] s_namespace = ["unshare", "--user", "--map-root-user", "--mount"];

    /// <summary>For <see cref="OneShotProcess.StartIn"/>.</summary>
    /// <param name="script">The script, in which <c>"$@"</c> is the command.</param>
    public static string[] Shell(string script) => [.. s_namespace, "sh", "-c", script];

    /// <summary>Skips the test on a machine that allows no such thing.</summary>
    /// <param name="folder">Any folder.</param>
    public static async Task RequireAsync(string folder)
    {
        var works = false;
        try
        {
            using var process = Process.Start(s_namespace[0], [.. s_namespace.Skip(1), "mount", "-t", "tmpfs", "tmpfs", folder]);
            await process.WaitForExitAsync();
            works = process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            // There is no unshare.
        }

        Assert.SkipUnless(works, "This machine lets nobody mount a tmpfs in a namespace of its own.");
    }
}
