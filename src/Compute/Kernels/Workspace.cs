using System.Runtime.InteropServices;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>One thread's scratch memory: one aligned block, handed out piece by piece.</summary>
internal unsafe ref struct Workspace
{
    private const nuint Alignment = 64;
    private readonly byte* _start;
    private byte* _next;

    /// <summary>Takes the block.</summary>
    /// <param name="bytes">Sum of all pieces, each rounded up by <see cref="SizeOf{T}"/>.</param>
    public Workspace(long bytes)
    {
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        _next = _start;
    }

    /// <summary>Bytes that <see cref="Take{T}"/> uses for so many elements.</summary>
    public static long SizeOf<T>(long count)
        where T : unmanaged => ((count * sizeof(T)) + (long)Alignment - 1) / (long)Alignment * (long)Alignment;

    /// <summary>The next piece; its content is undefined.</summary>
    public T* Take<T>(long count)
        where T : unmanaged
    {
        var piece = (T*)_next;
        _next += SizeOf<T>(count);
        return piece;
    }

    /// <summary>Gives the block back.</summary>
    public readonly void Dispose() => NativeMemory.AlignedFree(_start);
}
