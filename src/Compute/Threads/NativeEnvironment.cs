using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansOneShot.Compute.Threads;

/// <summary>
/// The environment as native libraries see it. What .NET sets stays in .NET, and OpenMP reads its variables when it is loaded, which is with libtorch; so they
/// are given to the C library before anything of this assembly can load it.
/// </summary>
internal static partial class NativeEnvironment
{
    /// <summary>Gives libtorch's OpenMP what the user has left open.</summary>
    [ModuleInitializer]
    [SuppressMessage(
        "Usage",
        "CA2255",
        Justification = "Whoever uses this assembly, tests and benchmarks included, must not be able to load libtorch before it."
    )]
    internal static void Prepare()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            foreach (var (name, value) in ThreadSettings.Current.Additions())
            {
                _ = Set(name, value, 1);
            }
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // A C library of another kind: threads then wait as they always did.
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(string name, string value, int overwrite);
}
