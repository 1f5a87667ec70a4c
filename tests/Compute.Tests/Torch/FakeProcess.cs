using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Tests.Torch;

/// <summary>A folder that looks like a process's of /proc.</summary>
internal sealed class FakeProcess : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oneshot-process-").FullName;

    /// <summary>Prepares.</summary>
    /// <param name="mayReset">Whether the peak can be reset.</param>
    public FakeProcess(bool mayReset)
    {
        if (mayReset)
        {
            File.WriteAllText(Resets, "");
        }
    }

    /// <summary>Reads the folder.</summary>
    public ProcessMemory Memory => new(_folder);

    /// <summary>What was written to reset the peak.</summary>
    public string Resets => Path.Combine(_folder, "clear_refs");

    /// <summary>Sets the figures.</summary>
    /// <param name="resident">KiB now.</param>
    /// <param name="peak">KiB at most.</param>
    public void Set(long resident, long peak) =>
        File.WriteAllText(Path.Combine(_folder, "status"), FormattableString.Invariant($"Name:\tdotnet\nVmHWM:\t{peak,8} kB\nVmRSS:\t{resident,8} kB\n"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
