using OpenCvSharp;

namespace OrleansOneShot.Compute.Masks;

/// <summary>OpenCV's native library, whose windows need GTK even where none is ever opened. It comes with the program on Linux alone.</summary>
public static class OpenCvRuntime
{
    private static readonly Lazy<Exception?> s_failure = new(Load);

    /// <summary>Whether the library can be used on this machine.</summary>
    public static bool IsAvailable => s_failure.Value is null;

    /// <summary>The library's version, such as 4.13.0.</summary>
    /// <exception cref="MissingLibraryException">The library can't be loaded.</exception>
    public static string Version
    {
        get
        {
            ThrowIfMissing();
            return Cv2.GetVersionString() ?? "";
        }
    }

    /// <summary>Refuses to go on without the library.</summary>
    /// <exception cref="MissingLibraryException">It can't be loaded; the hint says what to install.</exception>
    public static void ThrowIfMissing()
    {
        if (s_failure.Value is { } failure)
        {
            throw OperatingSystem.IsLinux()
                ? new MissingLibraryException(
                    "OpenCV, which makes masks by GrabCut, can't be loaded: a library that it needs is missing, usually libgtk-3-0.",
                    "Install it with: apt-get install libgtk-3-0 libdrm2 libatomic1 (from Ubuntu 24.04 on libgtk-3-0t64). Or take --method sam, or a mask "
                        + "made elsewhere.",
                    failure
                )
                : new MissingLibraryException(
                    "OpenCV, which makes masks by GrabCut, does not come with the program on this system.",
                    "Take --method sam, or a mask made elsewhere.",
                    failure
                );
        }
    }

    private static Exception? Load()
    {
        try
        {
            // One thread: sums of several would depend on their order, and the random numbers on the thread that draws them.
            Cv2.SetNumThreads(1);
            return null;
        }
        catch (Exception e)
            when (e is DllNotFoundException or TypeInitializationException or BadImageFormatException or EntryPointNotFoundException or OpenCvSharpException)
        {
            return e;
        }
    }
}

/// <summary>A native library can't be loaded on this machine. The message is one sentence, the hint the fix.</summary>
/// <param name="message">What is missing and what needs it.</param>
/// <param name="hint">How to install it, or to do without.</param>
/// <param name="inner">What the loader said.</param>
public sealed class MissingLibraryException(string message, string hint, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How to install it, or to do without.</summary>
    public string Hint { get; } = hint;
}
