namespace OrleansOneShot.Chaos;

/// <summary>
/// A silo's clock, which can be wrong: a library (clock.c) stands between it and the system's. What measures durations is not touched, as where a real clock is
/// set.
/// </summary>
/// <param name="file">The file of its offset.</param>
internal sealed class SiloClock(string file)
{
    /// <summary>Makes the library.</summary>
    /// <param name="library">Where it goes.</param>
    /// <returns>Why it can't be made; null: it is there.</returns>
    public static async Task<string?> BuildAsync(string library) =>
        await Tool.TryAsync("cc", "-O2", "-shared", "-fPIC", "-o", library, Path.Combine(AppContext.BaseDirectory, "clock.c"), "-ldl") is { } complaint
            ? $"a C compiler is needed ({complaint})"
            : null;

    /// <summary>What a process needs in its environment to go by it.</summary>
    /// <param name="library">The library.</param>
    public Dictionary<string, string?> In(string library) => new() { ["LD_PRELOAD"] = library, ["ONESHOT_CHAOS_CLOCK"] = file };

    /// <summary>Sets it.</summary>
    /// <param name="seconds">How far it is ahead; below 0: behind.</param>
    public void Set(long seconds)
    {
        // Processes have it mapped: in place, and at once.
        using var open = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        open.Write(BitConverter.GetBytes(seconds));
    }
}
