using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OrleansOneShot.Grains.Faults;

/// <summary>Errors that can only be the machine's: no request and no store causes them.</summary>
internal static class MachineErrors
{
    // As Unix numbers them, which .NET gives as the exception's HResult.
    private static readonly HashSet<int> s_numbers =
    [
        1, // EPERM
        5, // EIO
        6, // ENXIO
        12, // ENOMEM
        13, // EACCES
        19, // ENODEV
        23, // ENFILE
        24, // EMFILE
        28, // ENOSPC
        30, // EROFS
        69, // EDQUOT on macOS
        70, // ESTALE on macOS
        116, // ESTALE on Linux: a network disk that went away
        117, // EUCLEAN: a damaged file system
        121, // EREMOTEIO
        122, // EDQUOT on Linux
        unchecked((int)0x80070004), // Windows: too many open files
        unchecked((int)0x80070005), // access denied
        unchecked((int)0x8007000E), // out of memory
        unchecked((int)0x80070013), // write protected
        unchecked((int)0x80070027), // the handle's disk is full
        unchecked((int)0x80070070), // disk full
        unchecked((int)0x8007045D), // I/O device error
    ];

    // What libtorch says of memory; it throws one type for everything.
    private static readonly string[] s_memory = ["not enough memory", "can't allocate memory", "cannot allocate memory", "out of memory", "bad_alloc"];

    // What it says of devices, drivers and files.
    private static readonly string[] s_device =
    [
        "CUDA error",
        "CUDA driver",
        "CUDA kernel",
        "CUDA-capable",
        "cudaError",
        "cuDNN",
        "CUBLAS_STATUS",
        "CUSOLVER_STATUS",
        "CUSPARSE_STATUS",
        "NVIDIA driver",
        "NVRTC",
        "NVML",
        "no kernel image",
        "No space left on device",
        "Input/output error",
        "Too many open files",
        "unable to mmap",
    ];

    /// <summary>Whether an error, without what it wraps, is a machine's.</summary>
    /// <param name="error">The error.</param>
    /// <returns>Whether it is.</returns>
    public static bool Is(Exception error) =>
        IsMemory(error)
        || IsLibrary(error)
        || error switch
        {
            UnauthorizedAccessException => true,
            IOException => s_numbers.Contains(error.HResult),
            SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable } => true,
            Win32Exception system => s_numbers.Contains(system.NativeErrorCode),
            _ => IsOfTorch(error, s_device),
        };

    /// <summary>Whether there was too little memory, the runtime's, libtorch's or a device's.</summary>
    /// <param name="error">The error.</param>
    /// <returns>Whether there was.</returns>
    public static bool IsMemory(Exception error) => error is OutOfMemoryException || IsOfTorch(error, s_memory);

    /// <summary>Whether a native library is missing, or could not be loaded.</summary>
    /// <param name="error">The error.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsLibrary(Exception error) =>
        error is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or TypeInitializationException
        || (error is NotSupportedException && error.Message.Contains("libtorch", StringComparison.Ordinal));

    /// <summary>TorchSharp throws the base type itself; types derived from it are other libraries'.</summary>
    private static bool IsOfTorch(Exception error, string[] texts) =>
        error.GetType() == typeof(ExternalException) && texts.Any(text => error.Message.Contains(text, StringComparison.OrdinalIgnoreCase));
}
