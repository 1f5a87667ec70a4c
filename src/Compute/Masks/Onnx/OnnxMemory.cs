using Microsoft.ML.OnnxRuntime;
using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Masks.Onnx;

/// <summary>
/// How much memory a model may take, by the size of its file: SAM ViT-B's encoder of 0.36 GiB needs about 5 GiB, MobileSAM's of 0.03 GiB less than one.
/// </summary>
internal static class OnnxMemory
{
    /// <summary>Largest file whose tensors come out of the bounded arena: decoders and small encoders.</summary>
    public const int SmallFile = 64 << 20;

    /// <summary>Bytes of the arena that all small models of the process share. No single operation gets more.</summary>
    public const uint ArenaBytes = 2u << 30;

    private const long Base = 2L << 30;
    private const int PerFileByte = 32;
    private static readonly Lazy<bool> s_arena = new(CreateArena);

    /// <summary>
    /// Memory that a run may take: the arena's for small files, in proportion for others, and never more than three quarters of the machine's.
    /// </summary>
    /// <param name="fileBytes">Size of the model's file.</param>
    public static long LimitOf(long fileBytes) =>
        Math.Min(fileBytes <= SmallFile ? ArenaBytes : Base + (PerFileByte * fileBytes), MachineMemory.Capacity() / 4 * 3);

    /// <summary>Has a session take its memory from the bounded arena.</summary>
    /// <param name="options">The session's options.</param>
    /// <param name="fileBytes">Size of the model's file.</param>
    public static void Bound(SessionOptions options, long fileBytes)
    {
        if (fileBytes <= SmallFile && s_arena.Value)
        {
            options.AddSessionConfigEntry("session.use_env_allocators", "1");
        }
    }

    private static bool CreateArena()
    {
        using var memory = new OrtMemoryInfo(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
        using var arena = new OrtArenaCfg(
            ArenaBytes,
            1 /* as much as is asked for */
            ,
            -1,
            -1
        );
        OrtEnv.Instance().CreateAndRegisterAllocator(memory, arena);
        return true;
    }
}
