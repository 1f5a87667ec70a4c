using TorchSharp;

namespace OrleansOneShot.Compute.Torch;

/// <summary>Process-wide settings of libtorch: threads, memory and the first load of the native libraries.</summary>
public static class TorchRuntime
{
    private static readonly Lock Gate = new();
    private static bool s_initialised;

    /// <summary>Sets up the allocator and loads the native libraries once, and sets the number of intra-op threads.</summary>
    /// <param name="threads">Threads per operation, 1 or more; null leaves libtorch's choice (one a physical core).</param>
    /// <exception cref="DllNotFoundException">The native libraries can't be loaded; the message names what the host lacks.</exception>
    public static void Initialise(int? threads = null)
    {
        lock (Gate)
        {
            if (!s_initialised)
            {
                NativeMemory.KeepFreedBlocks();
                torch.InitializeDeviceType(DeviceType.CPU);
                s_initialised = true;
            }

            if (threads is { } count)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(threads));
                torch.set_num_threads(count);
            }
        }
    }
}
