using OrleansOneShot.Compute.Libtorch;
using OrleansOneShot.Compute.Threads;

namespace OrleansOneShot.Compute.Torch;

/// <summary>Process-wide settings of libtorch: threads, memory and the first load of the native libraries. Whatever uses libtorch comes here first.</summary>
public static class TorchRuntime
{
    private static readonly Lock s_gate = new();
    private static volatile LibtorchFolder? s_libtorch;

    /// <summary>Where libtorch was loaded from; null: it is not loaded.</summary>
    public static LibtorchFolder? Libtorch => s_libtorch;

    /// <summary>Refuses settings that can't be meant, before anything is loaded.</summary>
    /// <exception cref="InvalidInputException">The number of threads is none.</exception>
    public static void CheckSettings()
    {
        if (ThreadSettings.Current.Problem is { } problem)
        {
            throw new InvalidInputException(
                problem,
                ThreadSettings.Variable,
                $"Give a whole number from 1 to {ThreadSettings.Most}, or leave it out: the program then chooses by work and machine."
            );
        }
    }

    /// <summary>Sets up the allocator and loads the native libraries, once.</summary>
    /// <exception cref="LibtorchException">libtorch can't be loaded; the message says why.</exception>
    /// <exception cref="DllNotFoundException">The native libraries can't be loaded; the message names what the host lacks.</exception>
    /// <exception cref="InvalidInputException">A setting can't be meant.</exception>
    public static void Initialise()
    {
        if (s_libtorch is not null)
        {
            return;
        }

        lock (s_gate)
        {
            if (s_libtorch is not null)
            {
                return;
            }

            CheckSettings();
            NativeMemory.KeepFreedBlocks();
            var libtorch = LibtorchLoader.Load();
            TorchThreads.Begin();
            s_libtorch = libtorch;
        }
    }
}
