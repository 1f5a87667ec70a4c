using System.Runtime.InteropServices;

namespace OrleansOneShot.Compute.Libtorch;

/// <summary>The system's loader with its own words: .NET's has neither flags nor the name of what is missing.</summary>
internal sealed unsafe class DynamicLoader
{
    /// <summary>Binds functions when they are called.</summary>
    public const int Lazy = 1;

    /// <summary>Binds all functions at once, so that a missing one is told now and does not end the process later.</summary>
    public const int Now = 2;

    /// <summary>Symbols serve libraries that are loaded later.</summary>
    public const int Global = 0x100;

    private const int LinkMap = 2; // RTLD_DI_LINKMAP

    private readonly delegate* unmanaged<byte*, int, nint> _open;
    private readonly delegate* unmanaged<nint, int, nint*, int> _info;
    private readonly delegate* unmanaged<byte*> _error;

    /// <summary>Finds the loader's functions.</summary>
    /// <exception cref="DllNotFoundException">There are none: this is no Linux with glibc.</exception>
    /// <exception cref="EntryPointNotFoundException">There are none.</exception>
    public DynamicLoader()
    {
        // Since glibc 2.34 a stub, before that the real thing. Both are looked up before the first call: the message of a failure lasts until the next use of
        // the loader.
        var library = NativeLibrary.Load("libdl.so.2");
        _open = (delegate* unmanaged<byte*, int, nint>)NativeLibrary.GetExport(library, "dlopen");
        _info = (delegate* unmanaged<nint, int, nint*, int>)NativeLibrary.GetExport(library, "dlinfo");
        _error = (delegate* unmanaged<byte*>)NativeLibrary.GetExport(library, "dlerror");
    }

    /// <summary>Has whoever opens a path get a library that is loaded already.</summary>
    /// <param name="path">Where the library was opened.</param>
    /// <param name="other">The path that stands for it from now on.</param>
    /// <returns>Whether that was possible.</returns>
    public bool StandIn(string path, string other)
    {
        var name = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            // It is there already, so this only finds it.
            nint map = 0;
            if (_open((byte*)name, Lazy) is not (not 0 and var handle) || _info(handle, LinkMap, &map) != 0 || map == 0)
            {
                return false;
            }

            // struct link_map { address, name, ... }, by whose name the loader knows that it has a library. Never freed: neither is the library.
            ((nint*)map)[1] = Marshal.StringToCoTaskMemUTF8(other);
            return true;
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }

    /// <summary>Loads a library.</summary>
    /// <param name="path">The file.</param>
    /// <param name="flags"><see cref="Lazy"/> or <see cref="Now"/>, and <see cref="Global"/>.</param>
    /// <returns>Null if it is loaded; else what the loader says.</returns>
    public string? Open(string path, int flags)
    {
        var name = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            return _open((byte*)name, flags) != 0 ? null : Marshal.PtrToStringUTF8((nint)_error()) ?? "no reason was given";
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }
}
