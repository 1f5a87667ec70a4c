using System.Globalization;

namespace OrleansOneShot.Chaos;

/// <summary>A silo's clock, which can be wrong: libfaketime stands between it and the system's. What measures durations is not touched, as with a real clock that is set.</summary>
/// <param name="file">The file of its offset.</param>
internal sealed class SiloClock(string file)
{
    /// <summary>libfaketime; null: it is not on this machine.</summary>
    public static string? Library { get; } = new[] { "/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib64/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime" }
        .Select(folder => Path.Combine(folder, "libfaketime.so.1")).FirstOrDefault(File.Exists);

    /// <summary>What a process needs in its environment to go by it.</summary>
    public Dictionary<string, string?> Environment => new()
    {
        ["LD_PRELOAD"] = Library,
        ["FAKETIME_TIMESTAMP_FILE"] = file,
        ["FAKETIME_CACHE_DURATION"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["NO_FAKE_STAT"] = "1",
    };

    /// <summary>Sets it.</summary>
    /// <param name="seconds">How far it is ahead; below 0: behind.</param>
    public void Set(int seconds)
    {
        // As a whole: a process may read it now.
        File.WriteAllText(file + ".new", string.Create(CultureInfo.InvariantCulture, $"{seconds:+0;-0;+0}\n"));
        File.Move(file + ".new", file, overwrite: true);
    }
}
